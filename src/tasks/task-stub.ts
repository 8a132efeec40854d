import type { TaskState, TaskStatus } from "../../worker-client/protocol.ts";
import type { HistoryEntry } from "../../worker-client/protocol-directory.ts";
import type { Descendants } from "../../worker-client/protocol-trees.ts";
import type { AdoptAnswer, AdoptRequest } from "./adoption.ts";
import type { CancelEvent, Refusal, TaskCommand } from "./events.ts";
import type { Farewell } from "./remains.ts";
import type { TaskHint } from "./task-hint.ts";
import type { ChildAnswer, ChildNews, ParentVisit } from "./telling.ts";

/** A task and its children, for a tree. */
export interface Relatives {
  /** Null: it has none. */
  readonly parent: string | null;
  readonly status: TaskStatus;
  readonly descendants: Descendants | null;
  /** The ids of its newest children. */
  readonly children: readonly string[];
  /** How many children are listed in all. */
  readonly count: number;
}

/** What the objects of parents and children say to each other. */
export interface Relative {
  /** To a child that is about to be forgotten, its parent says farewell, if it is known. */
  hearChild(news: ChildNews): Promise<Farewell | null>;
  hearParent(visit: ParentVisit): Promise<ChildAnswer>;
}

/**
 * What a task object can be asked by RPC. `queues`: the caller's token names only queues, by these
 * patterns; a task that is in none of them is unknown to it. Undefined: it names the task.
 */
export interface TaskCalls extends Relative {
  read(queues?: readonly string[]): Promise<TaskState | null>;
  /** What the directory is told of it; null: it is not known. */
  hint(): Promise<TaskHint | null>;
  /** What has happened to it; null: it is not known. */
  history(queues?: readonly string[]): Promise<readonly HistoryEntry[] | null>;
  /** `by`: the subject of the caller's token. */
  command(
    command: TaskCommand,
    queues?: readonly string[],
    by?: string | null,
  ): Promise<CommandAnswer>;
  /**
   * Cancels the task that was created then, and returns what the directory is told of it; null: it is
   * not known any more.
   */
  cancelListed(
    createdAtMs: number,
    cancel: CancelEvent,
    by: string | null,
  ): Promise<TaskHint | null>;
  forget(queues?: readonly string[]): Promise<ForgetAnswer>;
  adopt(request: AdoptRequest, queues?: readonly string[]): Promise<AdoptAnswer>;
  /** With at most so many children; null: it is not known. */
  relatives(limit: number, queues?: readonly string[]): Promise<Relatives | null>;
}

/**
 * A task object as its callers see it. Written by hand: the platform's mapped type does not get
 * through JSON values, which contain themselves.
 */
export interface TaskStub extends TaskCalls {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly task: TaskState | null;
}

/** What a task object answers to a command: what came of it, and the task as it is now. */
export type CommandAnswer =
  | { readonly kind: "changed" | "unchanged"; readonly task: TaskState }
  | Refused;

export type ForgetAnswer = { readonly kind: "forgotten" } | Refused;

/** What becomes of a watch: an answer at once, or a socket. */
export type WatchAnswer =
  | { readonly kind: "answered"; readonly task: TaskState | null }
  | { readonly kind: "full" }
  | { readonly kind: "parked" };

/** The header in which the Worker hands a `Watch` to the task object, as JSON. */
export const WATCH_HEADER = "edge-canceler-watch";

/** The header in which it hands over the `queues` that the caller's token names, as JSON. */
export const WATCH_QUEUES_HEADER = "edge-canceler-watch-queues";
