import type { HistoryEvent } from "../../worker-client/protocol-directory.ts";
import type { Tone } from "../ui/status.ts";
import { textOfJson } from "./json.ts";

/** An entry of a history, in words. */
interface HistoryText {
  readonly words: string;
  readonly tone: Tone;
  /** The subject of the token that did it, or null if it was the service or there are no tokens. */
  readonly by: string | null;
}

/** Describes an entry. It quotes what others wrote unescaped, so show it as text only. */
export function historyText(event: HistoryEvent): HistoryText {
  switch (event.type) {
    case "declared":
      return { words: "declared", tone: "waiting", by: event.by };
    case "queued": {
      const later = event.availableAt === null ? "" : ", for later";
      return { words: `put into the queue ${event.queue}${later}`, tone: "waiting", by: null };
    }
    case "started":
      return {
        words: `attempt ${event.attempt} started on ${event.holder}`,
        tone: "running",
        by: event.by,
      };
    case "progress":
      return { words: `progress: ${textOfJson(event.progress)}`, tone: "running", by: null };
    case "cancelled":
      return { words: cancelWords(event), tone: "stopping", by: event.by };
    case "hurried":
      return {
        words:
          event.gracePeriodSeconds === 0
            ? "forced to end at once"
            : `grace period shortened to ${event.gracePeriodSeconds} s`,
        tone: "stopping",
        by: event.by,
      };
    case "delivered":
      return { words: "the cancel was delivered", tone: "stopping", by: null };
    case "lost":
      return {
        words: `attempt ${event.attempt} on ${event.holder} was lost: it gave no sign of life`,
        tone: "bad",
        by: null,
      };
    case "handed_on":
      return {
        words: `attempt ${event.attempt} on ${event.holder} ${event.outcome}, to be retried`,
        tone: "unsure",
        by: null,
      };
    case "retried":
      return { words: "retry requested", tone: "waiting", by: event.by };
    case "acknowledged":
      return { words: "the worker reported that it stopped", tone: "stopped", by: null };
    case "ended":
      return {
        words: event.status.replace("_", " "),
        tone:
          event.status === "succeeded" ? "good" : event.status === "cancelled" ? "stopped" : "bad",
        by: null,
      };
    default:
      // A service that is newer than this page may have more types.
      return { words: "unknown event", tone: "waiting", by: null };
  }
}

function cancelWords({ cause, reason }: Extract<HistoryEvent, { type: "cancelled" }>): string {
  const said = reason === null ? "" : `: ${reason}`;
  switch (cause) {
    case "request":
      return `cancelled${said}`;
    case "timeout":
      return `ran out of time${said}`;
    case "parent":
      return `cancelled with its parent${said}`;
    case "superseded":
      return `superseded by a newer task${said}`;
  }
}
