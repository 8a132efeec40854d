import { useState } from "preact/hooks";
import type { Cancellation, TaskState } from "../../worker-client/protocol.ts";
import { asServiceError } from "../service/service.ts";
import { graceLeftMs, isForceOffered } from "../ui/status.ts";
import { between, calmDuration, duration, exactTime } from "../ui/time.ts";
import { cancelTask } from "./cancel-dialog.tsx";

interface TaskReceiptProps {
  readonly task: TaskState;
  readonly cancellation: Cancellation;
  readonly nowMs: number;
  readonly onChange: (task: TaskState) => void;
}

/** The steps of a cancel, and a button to force the end if the worker takes too long. */
export function TaskReceipt({ task, cancellation, nowMs, onChange }: TaskReceiptProps) {
  return (
    <section class="card" aria-labelledby="receipt-title">
      <h2 id="receipt-title">Cancel receipt</h2>
      <p class="receipt-reason">
        {reasonOf(task, cancellation) ?? <span class="quiet">No reason was given.</span>}
      </p>
      <ol class="receipt">
        {stepsOf(task, cancellation, nowMs).map((step) => (
          <li key={step.name} class={`step step-${step.state}`}>
            <span class="step-name">{step.name}</span>
            <span class="step-time">{step.time}</span>
            <span class="step-note">{step.note}</span>
          </li>
        ))}
      </ol>
      {task.status === "cancelling" && (
        <Force task={task} cancellation={cancellation} nowMs={nowMs} onChange={onChange} />
      )}
    </section>
  );
}

/** Why it was cancelled, or null if no reason was given. */
function reasonOf({ startedAt }: TaskState, { cause, reason }: Cancellation): string | null {
  switch (cause) {
    case "timeout":
      return startedAt === null ? "Nobody started it in time." : "Its deadline passed.";
    case "parent":
      return reason ?? "Its parent was cancelled.";
    case "superseded":
      return reason ?? "A newer task took its place.";
    default:
      return reason;
  }
}

interface Step {
  readonly name: string;
  readonly state: "done" | "next" | "never";
  readonly time: string;
  readonly note: string;
}

/** The four steps of a receipt, each with the time since the cancel. */
function stepsOf(task: TaskState, cancellation: Cancellation, nowMs: number): readonly Step[] {
  const { requestedAt, requestedBy, deliveredAt, acknowledgedAt, graceEndsAt } = cancellation;
  const isOver = task.endedAt !== null;
  const hadRun = graceEndsAt !== null;
  const step = (name: string, at: string | null, waiting: string, never: string): Step => {
    if (at !== null) {
      const time = `+${duration(between(requestedAt, at))}`;
      return { name, state: "done", time, note: exactTime(at, nowMs) };
    }
    return isOver || !hadRun
      ? { name, state: "never", time: "–", note: hadRun ? never : "nothing was running" }
      : { name, state: "next", time: "", note: waiting };
  };
  const ended = step("Ended", task.endedAt, "waiting for the worker", "");
  return [
    {
      name: "Asked",
      state: "done",
      time: exactTime(requestedAt, nowMs),
      note: requestedBy === null ? "" : `by ${requestedBy}`,
    },
    step("Delivered", deliveredAt, "no worker has been reached yet", "no worker was reached"),
    step(
      "Acknowledged",
      acknowledgedAt,
      deliveredAt === null ? "waiting for delivery" : "the worker is stopping",
      "no worker reported that it stopped",
    ),
    hadRun || !isOver ? ended : { ...ended, note: "at once" },
  ];
}

/** Shows how much time the worker has left, and offers to force the end. */
function Force({ task, cancellation, nowMs, onChange }: TaskReceiptProps) {
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const leftMs = graceLeftMs(cancellation, nowMs) ?? 0;
  const force = async () => {
    setBusy(true);
    setError(null);
    try {
      onChange(await cancelTask(task.id, { gracePeriodSeconds: 0 }));
    } catch (thrown) {
      setError(asServiceError(thrown).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="force">
      <p>
        The worker has <strong class="tabular">{calmDuration(leftMs)}</strong> left to stop.
        {isForceOffered(task, nowMs) &&
          " If you force the end, the task counts as ended now. That does not stop a process that ignores the cancel."}
      </p>
      {isForceOffered(task, nowMs) && (
        <button type="button" class="button button-danger" disabled={isBusy} onClick={force}>
          Force the end
        </button>
      )}
      {error !== null && (
        <p class="inline-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
