import { useId, useState } from "preact/hooks";
import {
  type CancelRequest,
  MAX_REASON_CHARACTERS,
  type TaskState,
} from "../../worker-client/protocol.ts";
import { ask, asServiceError, taskPath } from "../service/service.ts";
import { announce } from "../ui/announce.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { statusText } from "../ui/status.ts";

interface CancelDialogProps {
  readonly id: string;
  readonly onCancelled: (task: TaskState) => void;
  readonly onClose: () => void;
}

/** Cancels a task. */
export function cancelTask(id: string, body: CancelRequest): Promise<TaskState> {
  return ask<TaskState>(taskPath(id, "/cancel"), { method: "POST", body });
}

/** Asks why a task is cancelled, and cancels it. */
export function CancelDialog({ id, onCancelled, onClose }: CancelDialogProps) {
  const field = useId();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const cancel = async () => {
    setBusy(true);
    setError(null);
    try {
      const said = reason.trim();
      const task = await cancelTask(id, said === "" ? {} : { reason: said });
      announce(`The task is ${statusText(task, Date.now()).word}`);
      onCancelled(task);
      onClose();
    } catch (thrown) {
      setError(asServiceError(thrown).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title="Cancel this task?" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          cancel();
        }}
      >
        <p class="dialog-id mono">{id}</p>
        <label for={field}>Reason</label>
        <textarea
          id={field}
          class="input"
          rows={2}
          maxLength={MAX_REASON_CHARACTERS}
          placeholder="The worker and everybody who reads the task will see it"
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
          onKeyDown={(event) => {
            // A reason is a single line: Enter submits, as in an input field.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            if (!isBusy) cancel();
          }}
        />
        <p class="hint">
          A task that is not running ends at once; a running one is told to stop. This cannot be
          undone.
        </p>
        {error !== null && (
          <p class="inline-error" role="alert">
            {error}
          </p>
        )}
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={onClose}>
            Keep it
          </button>
          <button type="submit" class="button button-danger" disabled={isBusy}>
            {isBusy ? "Cancelling…" : "Cancel task"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
