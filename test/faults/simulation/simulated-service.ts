import type { Refusal, TaskCommand } from "../../../src/tasks/events.ts";
import type { CommandAnswer, ForgetAnswer } from "../../../src/tasks/task-stub.ts";
import type { WatchRole } from "../../../src/tasks/watch.ts";
import type {
  CancelRequest,
  FinishRequest,
  HeartbeatRequest,
  ReleaseRequest,
  StartRequest,
  TaskState,
} from "../../../worker-client/protocol.ts";
import type { ProblemKind } from "../../../worker-client/protocol-problems.ts";
import { type Answer, problemAnswer, stateAnswer } from "./answers.ts";
import type { Machine } from "./scheduler.ts";
import type { World } from "./world.ts";

/** A request as it is on its way. */
export interface SentRequest {
  readonly machine: Machine;
  readonly method: string;
  /** What follows the task's own path, such as `/start`; empty: the task itself. */
  readonly verb: string;
  /** What follows the question mark. */
  readonly query: string;
  readonly body: string;
}

/**
 * The rows of the service's table that the client uses. Null as an answer: the line was lost.
 * What it returns takes the request back, if it is parked.
 */
export function answerRequest(
  world: World,
  request: SentRequest,
  reply: (answer: Answer | null) => void,
): (() => void) | undefined {
  const { service } = world;
  const waitSeconds = Number(/wait=(\d+)/.exec(request.query)?.[1] ?? 0);
  const revision = /revision=(\d+)/.exec(request.query)?.[1];
  switch (`${request.method} ${request.verb}`) {
    case "GET ": {
      const named = revision === undefined ? null : Number(revision);
      const read = (task: TaskState | null | undefined) =>
        reply(task === undefined ? null : readAnswer(service.id, task, named, waitSeconds > 0));
      if (waitSeconds === 0) return void service.read(read);
      const role = roleIn(request.query);
      return parkRequest(world, { until: "change", revision: named, waitSeconds, role }, read);
    }
    case "DELETE ":
      service.ask(
        "forget",
        (core) => core.forget(),
        (answer) => {
          if (answer === undefined) reply(null);
          else if (answer.kind === "refused") reply(refusalAnswer(world, answer));
          else reply({ status: 204, text: "", isSignOfLife: true });
        },
      );
      return undefined;
    case "POST /cancel": {
      let leave = () => {};
      command(world, request, (answer, task) => {
        if (waitSeconds === 0 || task === null || task.endedAt !== null) return reply(answer);
        const { revision } = task;
        const watch = { until: "end", revision, waitSeconds, role: roleIn("") } as const;
        leave = parkRequest(world, watch, (later) => {
          if (later === undefined) reply(null);
          else reply(later ? stateAnswer(later, 200) : problemAnswer("task-gone", 410));
        });
      });
      return () => leave();
    }
    default:
      command(world, request, reply);
      return undefined;
  }
}

function readAnswer(id: string, task: TaskState | null, named: number | null, isPoll: boolean) {
  if (task === null && isPoll && named !== null && named > 0) {
    return problemAnswer("task-gone", 410);
  }
  if (named === (task?.revision ?? 0)) return { status: 304, text: "", isSignOfLife: true };
  return task ? stateAnswer(task, 200) : problemAnswer("task-unknown", 404, `no task ${id}`);
}

/** Carries out a command; `reply` also gets the task, if it is not refused. */
function command(
  world: World,
  request: SentRequest,
  reply: (answer: Answer | null, task: TaskState | null) => void,
): void {
  const asked = commandOf(request);
  world.service.ask(
    asked.type === "start" && asked.takeOver ? "take over" : asked.type,
    (core) => core.command(asked),
    (answer) => {
      if (answer === undefined) return reply(null, null);
      if (answer.kind === "refused") return reply(refusalAnswer(world, answer), null);
      note(world, request, asked, answer);
      reply(stateAnswer(answer.task, 200), answer.task);
    },
  );
}

type Done = Exclude<CommandAnswer, { kind: "refused" }>;

/** Notes who was granted what, and who has reported what. */
function note(world: World, request: SentRequest, asked: TaskCommand, { kind, task }: Done): void {
  const { truth, service } = world;
  service.say(task);
  if (asked.type === "start") {
    // Each machine starts once: this is an older start that arrives late, and fences the newer one.
    if (truth.wasGrantedEarlier(request.machine.name, task)) world.coverage.count("late start");
    if (!truth.grant(request.machine.name, task)) {
      world.violate("I5", `attempt ${task.attempt} is granted to two`);
    }
  }
  if (asked.type === "heartbeat" || (asked.type === "release" && kind === "changed")) {
    if (!truth.wasGranted(request.machine.name, task)) {
      world.violate("I5", `a ${asked.type} of ${request.machine.name} counts, and it runs nothing`);
    }
  }
  if (asked.type === "finish" && kind === "changed") {
    truth.report(asked.attempt, asked.status);
    checkFinish(world, request, task);
  }
}

/** Only the machine to which the attempt was granted may finish it. */
function checkFinish(world: World, { machine, body }: SentRequest, task: TaskState): void {
  if (world.truth.wasGranted(machine.name, task)) return;
  const { holder }: FinishRequest = JSON.parse(body);
  // Who does not say which holder it is cannot be told from the next life's attempt of that number.
  if (holder === undefined && world.truth.timesForgotten > 0) {
    world.coverage.count("finish of a forgotten life, without a holder");
    return;
  }
  world.violate("I5", `${machine.name} finished attempt ${task.attempt}, which is not its own`);
}

type Refused = Extract<CommandAnswer | ForgetAnswer, { kind: "refused" }>;

function refusalAnswer(world: World, { refusal, task }: Refused): Answer {
  world.coverage.count(`refused: ${refusal}`);
  if (task) world.service.say(task);
  const kind = refusalKind(refusal);
  return problemAnswer(kind, kind === "task-unknown" ? 404 : 409, "", task);
}

function commandOf({ method, verb, body }: SentRequest): TaskCommand {
  switch (verb) {
    case "/start": {
      const start: StartRequest = JSON.parse(body);
      return { type: "start", ...start };
    }
    case "/heartbeat": {
      const heartbeat: HeartbeatRequest = JSON.parse(body);
      return { type: "heartbeat", ...heartbeat };
    }
    case "/release": {
      const { delaySeconds = 0, ...run }: ReleaseRequest = JSON.parse(body);
      return { type: "release", delaySeconds, ...run };
    }
    case "/cancel": {
      const asked: CancelRequest = JSON.parse(body);
      const { reason = null, gracePeriodSeconds = null } = asked;
      return { type: "cancel", reason, gracePeriodSeconds, requestedBy: null };
    }
    case "/finish": {
      const end: FinishRequest = JSON.parse(body);
      const { holder = null, result = null, error = null, ...rest } = end;
      return { type: "finish", ...rest, holder, result, error };
    }
    default:
      throw new Error(`the client asks for ${method} ${verb}, which this model does not know`);
  }
}

/** Who watches, by the query of the request. */
export function roleIn(query: string): WatchRole {
  const parameters = new URLSearchParams(query);
  const holder = parameters.get("holder");
  if (holder !== null) {
    return { kind: "run", attempt: Number(parameters.get("attempt")), holder };
  }
  return parameters.get("observe") === "true" ? { kind: "observer" } : { kind: "worker" };
}

interface PollOptions {
  readonly until: "change" | "end";
  readonly revision: number | null;
  readonly waitSeconds: number;
  readonly role: WatchRole;
}

/**
 * Parks a request at the service until there is an answer: the task, null for an unknown one,
 * undefined if the line was lost. The end of the wait is the Worker's, whose timer follows no clock
 * on the wall. What it returns takes the request back.
 */
function parkRequest(
  { service, scheduler }: World,
  { until, revision, waitSeconds, role }: PollOptions,
  reply: (task: TaskState | null | undefined) => void,
): () => void {
  let isSettled = false;
  const settle = (task: TaskState | null | undefined) => {
    if (isSettled) return;
    isSettled = true;
    scheduler.stop(waitEnds);
    reply(task);
  };
  const waitEnds = scheduler.later(waitSeconds * 1000, () => {
    parked.leave();
    service.read(settle);
  });
  const parked = service.watch(
    { kind: "poll", until, revision, role },
    { answer: settle, open() {}, tell: settle, end() {}, lose: () => settle(undefined) },
  );
  return () => {
    isSettled = true;
    scheduler.stop(waitEnds);
    parked.leave();
  };
}

const KINDS: { readonly [refusal in Refusal]: ProblemKind } = {
  unknown: "task-unknown",
  alive: "task-alive",
  not_started: "task-not-started",
  not_cancelled: "task-not-cancelled",
  parent: "task-alive",
  unsent: "overloaded",
  outdated: "overloaded",
  not_pending: "task-held",
  not_failed: "task-not-failed",
  cancelling: "task-cancelling",
  held: "task-held",
  closed: "task-ended",
  fenced: "stale-attempt",
  ended: "task-ended",
  stale_attempt: "stale-attempt",
};

/** What kind of problem a refusal is, as the service's handlers have it. */
function refusalKind(refusal: Refusal): ProblemKind {
  return KINDS[refusal];
}
