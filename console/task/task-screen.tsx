import { useEffect, useState } from "preact/hooks";
import type { TaskState } from "../../worker-client/protocol.ts";
import { lastList } from "../service/session.ts";
import { announce } from "../ui/announce.tsx";
import { useNow } from "../ui/clock.ts";
import { useKeys } from "../ui/keys.ts";
import { useLiving } from "../ui/live.ts";
import { Failure, Loading, Message } from "../ui/states.tsx";
import { statusText } from "../ui/status.ts";
import { useStore } from "../ui/store.ts";
import { CancelDialog } from "./cancel-dialog.tsx";
import { Commands } from "./commands.tsx";
import { LiveTask } from "./live-task.ts";
import { TaskAttempts } from "./task-attempts.tsx";
import { TaskData } from "./task-data.tsx";
import { TaskFacts } from "./task-facts.tsx";
import { TaskHead } from "./task-head.tsx";
import { TaskHistory } from "./task-history.tsx";
import { TaskReceipt } from "./task-receipt.tsx";
import { TaskTree } from "./task-tree.tsx";
import { TimelineView } from "./timeline-view.tsx";

/** One task: its state, its cancel receipt, and the button that cancels it. */
export function TaskScreen({ id }: { readonly id: string }) {
  const [isCancelling, setCancelling] = useState(false);
  const live = useLiving(() => new LiveTask(id), [id]);
  const view = useStore(live.view);
  const task = view.kind === "known" ? view.task : null;
  useStatusNews(task);
  const canCancel = view.kind === "unknown" || (task !== null && isCancellable(task));
  useKeys({
    c: () => canCancel && setCancelling(true),
    Escape: () => {
      location.hash = lastList.value;
    },
  });
  const cancel = () => setCancelling(true);
  return (
    <div class="screen task-screen">
      <TaskHead
        id={id}
        task={task}
        onCancel={canCancel ? cancel : null}
        onChange={(t) => live.put(t)}
      />
      {view.kind === "loading" && <Loading what="the task" />}
      {view.kind === "failed" && <Failure error={view.error} />}
      {view.kind === "unknown" && <Unknown />}
      {task !== null && <KnownTask task={task} onChange={(state) => live.put(state)} />}
      {isCancelling && (
        <CancelDialog
          id={id}
          onCancelled={(state) => live.put(state)}
          onClose={() => setCancelling(false)}
        />
      )}
    </div>
  );
}

interface KnownTaskProps {
  readonly task: TaskState;
  readonly onChange: (task: TaskState) => void;
}

function KnownTask({ task, onChange }: KnownTaskProps) {
  const nowMs = useNow();
  return (
    <div class="task-columns">
      <div class="task-main">
        <TimelineView task={task} nowMs={nowMs} />
        {task.cancellation !== null && (
          <TaskReceipt
            task={task}
            cancellation={task.cancellation}
            nowMs={nowMs}
            onChange={onChange}
          />
        )}
        <TaskTree task={task} nowMs={nowMs} />
        <TaskAttempts task={task} nowMs={nowMs} />
        <TaskHistory task={task} nowMs={nowMs} />
      </div>
      <div class="task-side">
        <TaskFacts task={task} nowMs={nowMs} />
        <TaskData task={task} />
        <Commands id={task.id} reason={task.cancellation?.reason ?? ""} />
      </div>
    </div>
  );
}

function Unknown() {
  return (
    <Message title="No task with this id is known">
      <p>
        Nobody has declared or started it, it was forgotten, or your token does not cover it. If
        somebody declares it, it appears here.
      </p>
      <p>You can still cancel it: the cancel is kept, and the task will not start.</p>
    </Message>
  );
}

/** Whether a cancel has an effect: on a failed task, it prevents a retry. */
function isCancellable({ status, cancellation }: TaskState): boolean {
  if (status === "failed") return cancellation === null;
  return status === "pending" || status === "running";
}

/** Announces each change of the status to screen readers. */
function useStatusNews(task: TaskState | null): void {
  const status = task?.status ?? null;
  const acknowledgedAt = task?.cancellation?.acknowledgedAt ?? null;
  const [told, setTold] = useState<string | null>(null);
  useEffect(() => {
    if (task === null) return;
    const { word, note } = statusText(task, Date.now());
    const news = note === null ? word : `${word}: ${note}`;
    // The first status is already on the page.
    if (told !== null && told !== news) announce(`The task is ${news}`);
    setTold(news);
  }, [status, acknowledgedAt]);
}
