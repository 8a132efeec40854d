import type { QueueState } from "../../worker-client/protocol-queues.ts";
import type { StatusText } from "../ui/status.ts";

/** What a queue is doing, in one word, and what holds it up. */
export function queueStatus(queue: QueueState): StatusText {
  const { paused, accepting, maxRunning, running, pending, waitingWorkers } = queue;
  if (paused) {
    const note = accepting ? "accepts new tasks, hands none out" : "accepts none, hands none out";
    return { word: "paused", tone: "stopping", mark: "half", note };
  }
  if (!accepting)
    return { word: "closed", tone: "bad", mark: "cross", note: "accepts no new tasks" };
  if (pending === 0) {
    return running === 0
      ? { word: "idle", tone: "waiting", mark: "ring", note: null }
      : { word: "busy", tone: "running", mark: "play", note: null };
  }
  if (maxRunning !== null && running >= maxRunning) {
    return {
      word: "full",
      tone: "unsure",
      mark: "gap",
      note: `all ${maxRunning} slots are taken`,
    };
  }
  if (waitingWorkers === 0) {
    return { word: "waiting", tone: "unsure", mark: "clock", note: "no worker is free" };
  }
  return { word: "busy", tone: "running", mark: "play", note: null };
}
