import type { Attempt, AttemptOutcome, TaskState } from "../../worker-client/protocol.ts";
import type { Mark, Tone } from "../ui/status.ts";
import { StatusMark } from "../ui/status-badge.tsx";
import { between, calmDuration, clockTime, duration } from "../ui/time.ts";
import { textOfJson } from "./json.ts";

const LOOK: { readonly [outcome in AttemptOutcome]: { readonly tone: Tone; readonly mark: Mark } } =
  {
    succeeded: { tone: "good", mark: "check" },
    failed: { tone: "bad", mark: "cross" },
    lost: { tone: "bad", mark: "gap" },
    cancelled: { tone: "stopped", mark: "slash" },
    released: { tone: "stopped", mark: "ring" },
    fenced: { tone: "unsure", mark: "gap" },
  };

interface TaskAttemptsProps {
  readonly task: TaskState;
  readonly nowMs: number;
}

/** The attempts, newest first: where each ran, when it started and how it ended. */
export function TaskAttempts({ task, nowMs }: TaskAttemptsProps) {
  if (task.attempts.length === 0) return null;
  return (
    <section class="card" aria-labelledby="attempts-title">
      <h2 id="attempts-title">
        Attempts{" "}
        <span class="quiet">{`${task.attempt} · ${task.failures} of ${task.maxAttempts} failed`}</span>
      </h2>
      <div class="table-scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">Outcome</th>
              <th scope="col">Worker</th>
              <th scope="col">Started</th>
              <th scope="col" class="number">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {[...task.attempts].reverse().map((attempt) => (
              <AttemptRow key={attempt.attempt} attempt={attempt} task={task} nowMs={nowMs} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface AttemptRowProps extends TaskAttemptsProps {
  readonly attempt: Attempt;
}

function AttemptRow({ attempt, task, nowMs }: AttemptRowProps) {
  const { outcome, startedAt, endedAt, holder, error } = attempt;
  const isRunning = outcome === null && task.endedAt === null;
  const { tone, mark } =
    outcome === null
      ? ({ tone: isRunning ? "running" : "unsure", mark: isRunning ? "play" : "gap" } as const)
      : LOOK[outcome];
  const word = outcome ?? (isRunning ? "running" : "not reported");
  const endAt = endedAt ?? task.endedAt;
  return (
    <tr>
      <td class="number">{attempt.attempt}</td>
      <td>
        <span class={`status tone-${tone}`}>
          <StatusMark mark={mark} />
          <span class="status-word">{word}</span>
        </span>
        {error !== null && <div class="attempt-error mono">{textOfJson(error)}</div>}
      </td>
      <td class="mono holder">{holder}</td>
      <td class="tabular">
        <time dateTime={startedAt}>{clockTime(startedAt, nowMs)}</time>
      </td>
      <td class="number">
        {endAt === null
          ? calmDuration(between(startedAt, nowMs))
          : duration(between(startedAt, endAt))}
      </td>
    </tr>
  );
}
