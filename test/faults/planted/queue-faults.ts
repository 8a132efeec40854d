import type { PlantedFault } from "./planted.ts";

const BOOK = "src/queues/queue-book.ts";
const CORE = "src/queues/queue-core.ts";
const LINE = "src/queues/waiting-line.ts";
const LIFECYCLE = "src/tasks/lifecycle.ts";

/** Breaks of queues, in the service and in its workers. */
export const queueFaults: readonly PlantedFault[] = [
  {
    name: "a queue ignores priorities",
    scenario: "queues",
    edits: [{ file: LINE, before: "const rank = -priority;", after: "const rank = 0 * priority;" }],
  },
  {
    name: "in a queue the last is the first",
    scenario: "queues",
    edits: [
      {
        file: LINE,
        before: "this.#lastPlace = Math.max(this.#lastPlace + 1, placeAt(nowMs));",
        after: "this.#lastPlace = 1e18 - placeAt(nowMs);",
      },
    ],
  },
  {
    name: "a paused queue goes on handing out",
    scenario: "queues",
    edits: [
      {
        file: BOOK,
        before: "if (paused || (maxRunning !== null && used >= maxRunning)) return null;",
        after: "if (maxRunning !== null && used >= maxRunning) return null;",
      },
    ],
  },
  {
    name: "what is offered does not count for how many may run",
    scenario: "queues",
    edits: [
      {
        file: BOOK,
        before: "const used = this.#slots.count + this.#line.offers.count;",
        after: "const used = this.#slots.count;",
      },
    ],
  },
  {
    name: "the end of a run does not free its slot",
    scenario: "queues",
    edits: [
      {
        file: BOOK,
        before: 'if (word.kind === "waits") this.#hearWaits(',
        after: 'if (word.kind === "gone") return;\n    if (word.kind === "waits") this.#hearWaits(',
      },
      {
        file: BOOK,
        before: 'case "gone":\n        this.#line.remove(id);\n        this.#slots.free(id);',
        after: 'case "gone":\n        this.#line.remove(id);',
      },
    ],
  },
  {
    name: "a task says once to its queue that it has ended, and the queue never asks",
    scenario: "queues",
    edits: [
      {
        file: "src/durable/outbox.ts",
        before: "await this.#port.send(entry.effect);",
        after: "void this.#port.send(entry.effect).catch(() => {});",
      },
      {
        file: BOOK,
        before: "return this.#slots.beginChecks(nowMs, limit);",
        after: "return this.#slots.beginChecks(0 * nowMs, limit);",
      },
    ],
  },
  {
    name: "a task that its queue has lost does not put itself back",
    scenario: "queues",
    edits: [
      {
        file: "src/tasks/cancellation.ts",
        before: "return withEffects({ ...task, reminder }, inQueue(task));",
        after: "return withEffects({ ...task, reminder }, []);",
      },
    ],
  },
  {
    name: "a claim starts a task that runs already",
    scenario: "queues",
    edits: [
      {
        file: LIFECYCLE,
        before: 'return task.status === "running" && lastAttempt(task)?.holder === holder;',
        after: 'return task.status === "running" || lastAttempt(task)?.holder === holder;',
      },
      {
        file: LIFECYCLE,
        before:
          'if (known.leaseSeconds !== null && event.takeOver !== true) return refused("held");',
        after: "",
      },
    ],
  },
  {
    name: "a queue wakes nobody who waits",
    scenario: "queues",
    edits: [{ file: CORE, before: "    this.#wake(nowMs);\n", after: "" }],
  },
  {
    name: "nobody is woken when the time of a delayed task has come",
    scenario: "queues",
    edits: [
      {
        file: CORE,
        before: "isAwaited || this.#counters.size > 0 ? book.nextDelayedAtMs : null,",
        after: "this.#counters.size > 0 ? book.nextDelayedAtMs : null,",
      },
    ],
  },
  {
    name: "a delayed task is offered at once, again and again",
    scenario: "queues",
    edits: [
      {
        file: LINE,
        before: "const isDelayed = availableAtMs !== null && availableAtMs > nowMs;",
        after: "const isDelayed = availableAtMs !== null && availableAtMs > 1e15;",
      },
    ],
  },
  {
    name: "a claim is answered without the task's input",
    scenario: "queues",
    edits: [
      {
        file: "src/tasks/task-core.ts",
        before: 'return command.type === "start" ? this.#withInput(task) : this.#toState(task);',
        after: 'return command.type === "forget" ? this.#withInput(task) : this.#toState(task);',
      },
    ],
  },
  {
    name: "a run goes on when its lease is over",
    scenario: "queues",
    edits: [
      {
        file: "worker-client/lease-clock.ts",
        before: "else if (lateMs <= LATE_MS) lose();",
        after: "else if (lateMs <= LATE_MS) this.#isStopped = true;",
      },
    ],
  },
];
