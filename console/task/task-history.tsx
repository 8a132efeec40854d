import type { TaskState } from "../../worker-client/protocol.ts";
import type { TaskHistory as History } from "../../worker-client/protocol-directory.ts";
import { taskPath } from "../service/service.ts";
import { useAnswer } from "../service/use-answer.ts";
import { exactTime } from "../ui/time.ts";
import { historyText } from "./history-text.ts";

interface TaskHistoryProps {
  readonly task: TaskState;
  readonly nowMs: number;
}

/** What happened to the task, newest first. */
export function TaskHistory({ task, nowMs }: TaskHistoryProps) {
  const { id, revision, cancellation } = task;
  const key = `${revision} ${cancellation?.deliveredAt} ${JSON.stringify(task.progress)}`;
  const state = useAnswer<History>(taskPath(id, "/history"), key);
  // An older service has no history; then the page does without.
  if (state.kind !== "ready" || state.answer.entries.length === 0) return null;
  return (
    <section class="card" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      <ol class="history">
        {[...state.answer.entries].reverse().map((entry) => {
          const { words, tone, by } = historyText(entry);
          return (
            <li key={`${entry.at} ${entry.type}`} class={`tone-${tone}`}>
              <time class="history-time" dateTime={entry.at}>
                {exactTime(entry.at, nowMs)}
              </time>
              <span class="history-words">{words}</span>
              {by !== null && <span class="quiet">{`by ${by}`}</span>}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
