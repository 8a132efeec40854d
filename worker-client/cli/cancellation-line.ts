import type { Cancellation } from "../index.ts";
import { oneLine } from "./one-line.ts";

/** Who cancelled a task, and why: `cancelled by ci@example: wrong data`. */
export function cancellationLine({ cause, reason, requestedBy }: Cancellation): string {
  switch (cause) {
    case "timeout":
      return "cancelled: its deadline has passed";
    case "request": {
      const by = requestedBy === null ? "" : ` by ${oneLine(requestedBy)}`;
      return `cancelled${by}: ${oneLine(reason ?? "") || "no reason given"}`;
    }
  }
}
