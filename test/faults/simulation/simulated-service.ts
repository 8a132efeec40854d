import type {
  CommandOutcome,
  ForgetOutcome,
  Refusal,
  TaskCommand,
} from "../../../src/tasks/events.ts";
import { toTaskState } from "../../../src/tasks/task-state.ts";
import type {
  CancelRequest,
  FinishRequest,
  ProblemKind,
  StartRequest,
  TaskState,
} from "../../../worker-client/protocol.ts";
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

/** Who waits at the service: the far end of a WebSocket or of a parked request. */
export interface Watcher {
  /** The watch is accepted. */
  open(): void;
  tell(task: TaskState | null): void;
  /** The service closes it. */
  end(): void;
  /** The service is gone without a word. */
  lose(): void;
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
      const read = (task: TaskState | null) => readAnswer(service.id, task, named, waitSeconds > 0);
      if (waitSeconds === 0) return void reply(read(service.state()));
      return parkRequest(world, { until: "change", revision: named, waitSeconds }, (task) =>
        reply(task === undefined ? null : read(task)),
      );
    }
    case "DELETE ": {
      const outcome = service.forget();
      if (outcome.kind === "forgotten") {
        return void reply({ status: 204, text: "", isSignOfLife: true });
      }
      return void reply(refusalAnswer(world, outcome));
    }
    case "POST /cancel": {
      const answer = commandAnswer(world, request);
      const task = service.state();
      if (waitSeconds === 0 || task === null || task.endedAt !== null) return void reply(answer);
      const watch = { until: "end", revision: task.revision, waitSeconds } as const;
      return parkRequest(world, watch, (later) => {
        if (later === undefined) reply(null);
        else reply(later ? stateAnswer(later, 200) : problemAnswer("task-gone", 410));
      });
    }
    default:
      return void reply(commandAnswer(world, request));
  }
}

function readAnswer(id: string, task: TaskState | null, named: number | null, isPoll: boolean) {
  if (task === null && isPoll && named !== null && named > 0) {
    return problemAnswer("task-gone", 410);
  }
  if (named === (task?.revision ?? 0)) return { status: 304, text: "", isSignOfLife: true };
  return task ? stateAnswer(task, 200) : problemAnswer("task-unknown", 404, `no task ${id}`);
}

function commandAnswer(world: World, request: SentRequest): Answer {
  const { service, truth } = world;
  const command = commandOf(request);
  const outcome = service.command(command);
  if (outcome.kind === "refused") return refusalAnswer(world, outcome);
  const task = toTaskState(service.id, outcome.task, 0);
  truth.sayState(task);
  if (command.type === "start") {
    // Each machine starts once: this is an older start that arrives late, and fences the newer one.
    if (truth.wasGrantedEarlier(request.machine.name, task)) world.coverage.count("late start");
    truth.grant(request.machine.name, task);
  }
  if (command.type === "finish" && outcome.kind === "changed") {
    truth.report(command.attempt, command.status);
    checkFinish(world, request, task);
  }
  return stateAnswer(task, 200);
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

function refusalAnswer(world: World, outcome: CommandOutcome | ForgetOutcome): Answer {
  if (outcome.kind !== "refused") throw new Error("this was no refusal");
  world.coverage.count(`refused: ${outcome.refusal}`);
  const kind = refusalKind(outcome.refusal);
  return problemAnswer(kind, kind === "task-unknown" ? 404 : 409, "", world.service.state());
}

function commandOf({ method, verb, body }: SentRequest): TaskCommand {
  switch (verb) {
    case "/start": {
      const { holder }: StartRequest = JSON.parse(body);
      return { type: "start", holder };
    }
    case "/cancel": {
      const asked: CancelRequest = JSON.parse(body);
      const { reason = null, gracePeriodSeconds = null } = asked;
      return { type: "cancel", reason, gracePeriodSeconds, requestedBy: null };
    }
    case "/finish": {
      const end: FinishRequest = JSON.parse(body);
      const { attempt, holder = null, status, result = null, error = null } = end;
      return { type: "finish", attempt, holder, status, result, error };
    }
    default:
      throw new Error(`the client asks for ${method} ${verb}, which this model does not know`);
  }
}

interface PollOptions {
  readonly until: "change" | "end";
  readonly revision: number | null;
  readonly waitSeconds: number;
}

/**
 * Parks a request at the service until there is an answer: the task, null for an unknown one,
 * undefined if the line was lost. The end of the wait is the Worker's, whose timer follows no clock
 * on the wall. What it returns takes the request back.
 */
function parkRequest(
  { service, scheduler }: World,
  { until, revision, waitSeconds }: PollOptions,
  reply: (task: TaskState | null | undefined) => void,
): (() => void) | undefined {
  const settle = (task: TaskState | null | undefined) => {
    scheduler.stop(waitEnds);
    reply(task);
  };
  const parked = service.watch(
    { kind: "poll", until, revision },
    { open() {}, tell: settle, end() {}, lose: () => settle(undefined) },
  );
  if ("answered" in parked) {
    reply(parked.answered);
    return undefined;
  }
  const waitEnds = scheduler.later(waitSeconds * 1000, () => {
    parked.leave();
    reply(service.state());
  });
  return () => {
    scheduler.stop(waitEnds);
    parked.leave();
  };
}

const KINDS: { readonly [refusal in Refusal]: ProblemKind } = {
  unknown: "task-unknown",
  alive: "task-alive",
  not_started: "task-not-started",
  not_cancelled: "task-not-cancelled",
  cancelling: "task-cancelling",
  closed: "task-ended",
  fenced: "stale-attempt",
  ended: "task-ended",
  stale_attempt: "stale-attempt",
};

/** What kind of problem a refusal is, as the service's handlers have it. */
function refusalKind(refusal: Refusal): ProblemKind {
  return KINDS[refusal];
}
