import type { TaskState } from "../index.ts";
import { cancellationLine } from "./cancellation-line.ts";
import { oneLine } from "./one-line.ts";
import { showDuration } from "./show-duration.ts";

/** A task with the receipt of its cancel: when it was asked for, and how long after that the rest came. */
export function receiptLine({ id, status, endedAt, cancellation }: TaskState): string {
  if (cancellation === null) return oneLine(`${id}  ${status}  not cancelled: it had ended before`);
  const { requestedAt, deliveredAt, acknowledgedAt } = cancellation;
  const after = (time: string | null, name: string) => {
    if (time === null) return `not ${name}`;
    return `${name} +${showDuration(Math.max(0, Date.parse(time) - Date.parse(requestedAt)))}`;
  };
  return oneLine(
    [
      id,
      status,
      `asked ${requestedAt}`,
      after(deliveredAt, "delivered"),
      after(acknowledgedAt, "acknowledged"),
      after(endedAt, "ended"),
      cancellationLine(cancellation),
    ].join("  "),
  );
}
