import type { HistoryEvent } from "../../worker-client/protocol-directory.ts";
import type { Tone } from "../ui/status.ts";
import { textOfJson } from "./json.ts";

/** An entry of a history, in words. */
export interface HistoryText {
  readonly words: string;
  readonly tone: Tone;
  /** The subject of the token that did it; null: the service itself, or a service without tokens. */
  readonly by: string | null;
}

/** Says what has happened. Texts of others are told as they are: they are shown as text only. */
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
        words: `attempt ${event.attempt} on ${event.holder} ${event.outcome}, to be run again`,
        tone: "unsure",
        by: null,
      };
    case "retried":
      return { words: "to be run again", tone: "waiting", by: event.by };
    case "acknowledged":
      return { words: "the worker said that it stopped", tone: "stopped", by: null };
    case "ended":
      return {
        words: event.status.replace("_", " "),
        tone:
          event.status === "succeeded" ? "good" : event.status === "cancelled" ? "stopped" : "bad",
        by: null,
      };
    default:
      // A service that is newer than this page may know more.
      return { words: "something else", tone: "waiting", by: null };
  }
}

function cancelWords({ cause, reason }: Extract<HistoryEvent, { type: "cancelled" }>): string {
  const said = reason === null ? "" : `: ${reason}`;
  switch (cause) {
    case "request":
      return `cancelled${said}`;
    case "timeout":
      return `its time was over${said}`;
    case "parent":
      return `cancelled with its parent${said}`;
    case "superseded":
      return `superseded by a newer task${said}`;
  }
}
