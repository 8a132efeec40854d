import { useState } from "preact/hooks";
import type { TaskState } from "../../worker-client/protocol.ts";
import { ask, asServiceError, taskPath } from "../service/service.ts";
import { lastList } from "../service/session.ts";
import { useNow } from "../ui/clock.ts";
import { CopyButton } from "../ui/copy.tsx";
import { statusText } from "../ui/status.ts";
import { StatusBadge } from "../ui/status-badge.tsx";

interface TaskHeadProps {
  readonly id: string;
  readonly task: TaskState | null;
  /** Null if there is nothing to cancel. */
  readonly onCancel: (() => void) | null;
  readonly onChange: (task: TaskState) => void;
}

/** The id, the status and the buttons. */
export function TaskHead({ id, task, onCancel, onChange }: TaskHeadProps) {
  const nowMs = useNow();
  const mayRetry = task?.status === "failed" && task.cancellation === null;
  return (
    <header class="task-head">
      <p class="crumbs">
        <a href={lastList.value}>Tasks</a>
        {task?.queue && (
          <>
            <span aria-hidden="true"> / </span>
            <a href={`#/tasks?queue=${encodeURIComponent(task.queue)}`}>{task.queue}</a>
          </>
        )}
      </p>
      <div class="task-title">
        <h1 class="mono">{id}</h1>
        <CopyButton text={id} what="the id" />
      </div>
      <div class="task-bar">
        {task !== null && <StatusBadge large status={statusText(task, nowMs)} />}
        <div class="task-actions">
          {mayRetry && <RetryButton id={id} onChange={onChange} />}
          {onCancel !== null && (
            <button type="button" class="button button-danger" onClick={onCancel}>
              Cancel task…{" "}
              <span class="key" aria-hidden="true">
                c
              </span>
            </button>
          )}
        </div>
      </div>
    </header>
  );
}

function RetryButton({ id, onChange }: Pick<TaskHeadProps, "id" | "onChange">) {
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const retry = async () => {
    setBusy(true);
    setError(null);
    try {
      onChange(await ask<TaskState>(taskPath(id, "/retry"), { method: "POST" }));
    } catch (thrown) {
      setError(asServiceError(thrown).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {error !== null && (
        <span class="inline-error" role="alert">
          {error}
        </span>
      )}
      <button type="button" class="button" disabled={isBusy} onClick={retry}>
        Run it again
      </button>
    </>
  );
}
