import type { PlantedFault } from "./planted.ts";

const FOLLOW = "worker-client/follow.ts";
const WATCH = "worker-client/task-watch.ts";

/** Breaks of the client. */
export const clientFaults: readonly PlantedFault[] = [
  {
    name: "the client does not come back when its WebSocket closes",
    scenario: "simulation",
    edits: [
      {
        file: FOLLOW,
        before: "pauseMs = backoffMs(failures);",
        after: "return;",
      },
    ],
  },
  {
    name: "the client takes a failure for a cancel",
    scenario: "simulation",
    edits: [
      {
        file: FOLLOW,
        before: "if (!isUnreachable) onError(error);",
        after: `if (isUnreachable) {
        const cancellation = { cause: "request", reason: null };
        const cancelled = { id, attempt: 1, attempts: [], endedAt: null, cancellation };
        onContact({ ...cancelled, revision: revision + 1 });
      }
      if (!isUnreachable) onError(error);`,
      },
    ],
  },
  {
    name: "the client takes the state of another task for its own",
    scenario: "simulation",
    edits: [
      {
        file: "worker-client/wire.ts",
        before: 'fits(value, TASK) && has(value, "id") && value.id === escapeTaskId(id)',
        after: "fits(value, TASK)",
      },
    ],
  },
  {
    name: "the client never asks a silent line for a sign of life",
    scenario: "simulation",
    edits: [
      {
        file: "worker-client/follow.ts",
        before: "stopTimer = startTimer(waitSeconds * 1000, () => ping(answersAgainWithinMs));",
        after: "",
      },
    ],
  },
  {
    name: "the client asks a silent line for a sign of life after a minute, as it once did",
    scenario: "half-open",
    edits: [
      {
        file: FOLLOW,
        before: "export const MAX_SILENCE_SECONDS = 20;",
        after: "export const MAX_SILENCE_SECONDS = 55;",
      },
    ],
  },
  {
    name: "the client stays away for half a minute, as it once did",
    scenario: "outages",
    edits: [
      {
        file: "worker-client/retry.ts",
        before: "const MAX_PAUSE_MS = 10_000;",
        after: "const MAX_PAUSE_MS = 30_000;",
      },
    ],
  },
  {
    name: "the client forgets on reconnect which revision it has",
    scenario: "simulation",
    edits: [
      {
        file: FOLLOW,
        before: "const revision = follower.revision();",
        after: "const revision = 0;",
      },
    ],
  },
  {
    name: "the client polls once",
    scenario: "simulation",
    edits: [
      {
        file: FOLLOW,
        before: "onContact(task, sentAtMs);\n        const wasParked",
        after: "onContact(task, sentAtMs);\n        return;\n        const wasParked",
      },
    ],
  },
  {
    name: "the client takes a state for an answer whatever the status",
    scenario: "simulation",
    edits: [
      {
        file: FOLLOW,
        before: "return status === 200 && isTaskState(body, id) ? body : undefined;",
        after: "return isTaskState(body, id) ? body : undefined;",
      },
    ],
  },
  {
    name: "the client has no time-out",
    scenario: "simulation",
    edits: [
      {
        file: "worker-client/answer.ts",
        before: "withinSeconds * 1000",
        after: "withinSeconds * 1e9",
      },
    ],
  },
  {
    name: "the client tries again without a pause",
    scenario: "simulation",
    edits: [
      {
        file: "worker-client/retry.ts",
        before: "+ jittered;",
        after: "* 0 + 0 * jittered;",
      },
    ],
  },
  {
    name: "a dead man's switch is not wound up by signs of life",
    scenario: "simulation",
    edits: [
      {
        file: WATCH,
        before: "this.#setSwitch();\n    if (task === null) return;",
        after: "if (task === null) return;",
      },
    ],
  },
  {
    name: "a closed watch leaves its dead man's switch behind",
    scenario: "simulation",
    edits: [
      {
        file: WATCH,
        before: "this.#stopSwitch();\n    this.#end.abort();",
        after: "this.#end.abort();",
      },
    ],
  },
  {
    name: "a fenced run is told nothing",
    scenario: "simulation",
    edits: [
      {
        file: WATCH,
        before: "if (task.attempt > this.#attempt)",
        after: "if (task.attempt > this.#attempt + 9)",
      },
    ],
  },
  {
    name: "a run that was cancelled first begins its work",
    scenario: "simulation",
    edits: [
      {
        file: "worker-client/run.ts",
        before: "stop.throwIfAborted();\n    try {",
        after: "try {",
      },
    ],
  },
];
