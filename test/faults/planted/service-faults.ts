import type { PlantedFault } from "./planted.ts";

const CORE = "src/tasks/task-core.ts";
const OBJECT = "src/tasks/task-object.ts";
const WATCHERS = "src/tasks/watchers.ts";

/** Breaks of the service. */
export const serviceFaults: readonly PlantedFault[] = [
  {
    name: "the service answers and tells first, and writes behind",
    scenario: "kill",
    edits: [
      {
        file: OBJECT,
        before: "this.ctx.storage.kv.put<Row>(TASK, { ...task, history });",
        after: `const write = () => this.ctx.storage.kv.put<Row>(TASK, { ...task, history });
    this.ctx.waitUntil(scheduler.wait(5000).then(write));`,
      },
    ],
  },
  {
    name: "the service records no cancel of a task that nobody has declared",
    scenario: "simulation",
    edits: [
      {
        file: "src/tasks/cancellation.ts",
        before: "const known = task ?? newTask(nowMs, { ...NOTHING_SET, ancestors });",
        after:
          'if (task === null) return { kind: "unchanged", task: newTask(nowMs) };\n  const known = task;',
      },
    ],
  },
  {
    name: "the second cancel overwrites the first",
    scenario: "simulation",
    edits: [
      {
        file: "src/tasks/cancellation.ts",
        before: "return shortenGrace(known, event.gracePeriodSeconds, nowMs);",
        after: `return {
        kind: "changed",
        task: beginCancelling(
          { ...known, status: "running" },
          requested(event, known.gracePeriodSeconds, nowMs),
        ),
      };`,
      },
    ],
  },
  {
    name: "the second watcher of a task replaces the first",
    scenario: "simulation",
    edits: [
      {
        file: WATCHERS,
        before: "for (const [socket, watch] of sockets) {",
        after: "for (const [socket, watch] of [...sockets].slice(-1)) {",
      },
    ],
  },
  {
    name: "the service parks a poll before it looks",
    scenario: "simulation",
    edits: [
      {
        file: CORE,
        before: "if (this.#isAnswered(watch, task)) {",
        after: 'if (watch.kind === "stream" && this.#isAnswered(watch, task)) {',
      },
    ],
  },
  {
    name: "a watch that reconnects is not told what it missed",
    scenario: "simulation",
    edits: [
      {
        file: CORE,
        before: "if (task.revision !== watch.revision) {",
        after: "if (watch.revision === null) {",
      },
    ],
  },
  {
    name: "an alarm that fails is dropped",
    scenario: "simulation",
    edits: [
      {
        file: CORE,
        before: "await this.#port.setAlarm(this.#port.now() + ALARM_RETRY_MS);",
        after: "",
      },
    ],
  },
  {
    name: "an alarm is set after the write, and not together with it",
    scenario: "kill",
    edits: [
      {
        file: OBJECT,
        before: "setAlarm: (atMs) => this.#alarm.set(atMs),",
        after: `setAlarm: async (atMs) => {
        this.ctx.waitUntil(scheduler.wait(60_000).then(() => this.#alarm.set(atMs)));
      },`,
      },
    ],
  },
  {
    name: "an alarm is set to fractions of a millisecond, which the platform cuts off",
    scenario: "trees",
    edits: [
      {
        file: "src/durable/alarm.ts",
        before: "const wholeMs = Math.ceil(atMs);",
        after: "const wholeMs = Math.floor(atMs);",
      },
      {
        file: "src/durable/alarm.ts",
        before: "wholeMs === this.#rangForMs ? wholeMs + 1 : wholeMs",
        after: "wholeMs",
      },
    ],
  },
  {
    name: "timers act a quarter of a second early",
    scenario: "simulation",
    edits: [
      {
        file: "src/tasks/cancellation.ts",
        before: "nowMs < dueAtMs)",
        after: "nowMs < dueAtMs - 250)",
      },
      {
        file: CORE,
        before: "await this.#port.setAlarm(atMs);",
        after: "await this.#port.setAlarm(atMs - 200);",
      },
    ],
  },
  {
    name: "a wait is over two seconds early",
    scenario: "alarms",
    edits: [
      {
        file: "src/routes/read.ts",
        before: "waitEndsAtMs - Date.now()",
        after: "waitEndsAtMs - Date.now() - 2000",
      },
    ],
  },
  {
    name: "a finish is accepted from any attempt",
    scenario: "simulation",
    edits: [
      {
        file: "src/tasks/reports.ts",
        before: "attempt !== task.attempt || !isHolder",
        after: "attempt > task.attempt",
      },
    ],
  },
  {
    name: "a late success overwrites a cancel",
    scenario: "simulation",
    edits: [
      {
        file: "src/tasks/reports.ts",
        before: "    ...task,\n    attempts: endAttempt(task.attempts, { outcome, error }, nowMs),",
        after:
          "    ...task,\n    status: outcome,\n    attempts: endAttempt(task.attempts, { outcome, error }, nowMs),",
      },
    ],
  },
  {
    name: "the grace period goes on while nobody has heard of the cancel",
    scenario: "outages",
    edits: [
      {
        file: "src/tasks/cancellation.ts",
        before: 'if (task.status !== "cancelling") return { ...task, cancellation };',
        after: "if (nowMs > 0) return { ...task, cancellation };",
      },
    ],
  },
  {
    name: "what a worker says after the grace period is refused",
    scenario: "half-open",
    edits: [
      {
        file: "src/tasks/reports.ts",
        before:
          'if (last?.outcome !== null) return repeatedReport(run.task, event.status, "ended");',
        after: 'if (nowMs > 0) return repeatedReport(run.task, event.status, "ended");',
      },
    ],
  },
  {
    name: "another holder gets the attempt that runs already",
    scenario: "simulation",
    edits: [
      {
        file: "src/tasks/lifecycle.ts",
        before: "const attempt = task.attempt + 1;",
        after: "const attempt = task.attempt || 1;",
      },
    ],
  },
  {
    name: "the task is told before it is written, with a pause in between",
    scenario: "simulation",
    edits: [
      {
        file: CORE,
        before: `    this.#port.store(task);
    this.#send(task);
    const armed = this.#arm(task, armedAtMs);`,
        after: "    const armed = Promise.resolve();",
      },
      {
        file: CORE,
        before: "await armed;",
        after: "await armed;\n    this.#port.store(task);\n    await this.#arm(task, armedAtMs);",
      },
    ],
  },
  {
    name: "a change sets no alarm",
    scenario: "simulation",
    edits: [
      {
        file: CORE,
        before: "const armed = this.#arm(task, armedAtMs);",
        after: "const armed = Promise.resolve(armedAtMs);",
      },
    ],
  },
  {
    name: "a socket is counted while it closes",
    scenario: "simulation",
    edits: [
      {
        file: "src/durable/sockets.ts",
        before: ".filter(({ readyState }) => readyState === OPEN)",
        after: ".filter(({ readyState }) => readyState !== OPEN + 9)",
      },
    ],
  },
  {
    name: "a watcher that has left is counted on",
    scenario: "simulation",
    edits: [
      {
        file: "src/durable/sockets.ts",
        before: "this.#open?.delete(socket);",
        after: "",
      },
    ],
  },
];
