import type { PlantedFault } from "./planted.ts";

const CORE = "src/tasks/task-core.ts";
const LIFECYCLE = "src/tasks/lifecycle.ts";
const WATCHERS = "src/tasks/watchers.ts";

/** Breaks of leases, each in the service. */
export const leaseFaults: readonly PlantedFault[] = [
  {
    name: "a lost task is handed on without the grace period",
    scenario: "hand-overs",
    edits: [
      {
        file: "src/tasks/attempts.ts",
        before: "const stoppedAtMs = nowMs + task.gracePeriodSeconds * 1000;",
        after: "const stoppedAtMs = nowMs;",
      },
    ],
  },
  {
    name: "an observer that pings moves the lease",
    scenario: "hand-overs",
    edits: [
      {
        file: WATCHERS,
        before: "for (const [socket, watch] of this.#sockets.run) {",
        after: "for (const [socket, watch] of [...this.#sockets.run, ...this.#sockets.observer]) {",
      },
      { file: WATCHERS, before: "if (!isOfRun(watch, task)) continue;", after: "" },
    ],
  },
  {
    name: "a report, heartbeat or release of an earlier holder counts",
    scenario: "hand-overs",
    edits: [
      {
        file: "src/tasks/reports.ts",
        before: "attempt !== task.attempt || !isHolder",
        after: "attempt > task.attempt",
      },
    ],
  },
  {
    name: "the close of a run's last line does not arm the alarm",
    scenario: "hand-overs",
    edits: [
      {
        file: CORE,
        before: "if (task !== null) await this.#arm(task, null);",
        after: "",
      },
    ],
  },
  {
    name: "a run that holds a lease is taken over by whoever starts next",
    scenario: "hand-overs",
    edits: [
      {
        file: LIFECYCLE,
        before:
          'if (known.leaseSeconds !== null && event.takeOver !== true) return refused("held");',
        after: "",
      },
    ],
  },
  {
    name: "every line that is opened moves the alarm",
    scenario: "hand-overs",
    edits: [
      {
        file: CORE,
        before: "if (atMs === null || (isArmed && armedAtMs <= atMs)) return;",
        after: "if (atMs === null || (isArmed && armedAtMs < 0)) return;",
      },
    ],
  },
];
