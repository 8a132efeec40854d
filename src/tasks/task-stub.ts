import type { TaskState, TaskStatus } from "../../worker-client/protocol.ts";
import type { HistoryEntry } from "../../worker-client/protocol-directory.ts";
import type { Descendants } from "../../worker-client/protocol-trees.ts";
import type { AdoptAnswer, AdoptRequest } from "./adoption.ts";
import type { CancelEvent, Refusal, TaskCommand } from "./events.ts";
import type { TaskHint } from "./task-hint.ts";
import type { ChildAnswer, ChildNews, ParentVisit } from "./telling.ts";
import type { Farewell } from "./tombstone.ts";

/** A task and its children, for a tree. */
export interface Relatives {
  /** Null if it has none. */
  readonly parent: string | null;
  readonly status: TaskStatus;
  readonly descendants: Descendants | null;
  /** The ids of its newest children. */
  readonly children: readonly string[];
  /** How many children are on record in all. */
  readonly count: number;
}

/** The calls between the objects of parents and children. */
export interface Relative {
  /** Returns a farewell to a known child that is about to be forgotten. Null in all other cases. */
  hearChild(news: ChildNews): Promise<Farewell | null>;
  hearParent(visit: ParentVisit): Promise<ChildAnswer>;
  /** The hint for the directory, or null if the task is unknown. */
  hint(): Promise<TaskHint | null>;
}

/**
 * The RPC methods of a task object. `queues` are the patterns of a token that names only queues: a
 * task in none of them is treated as unknown. Undefined if the token names the task itself.
 */
export interface TaskCalls extends Relative {
  read(queues?: readonly string[]): Promise<TaskState | null>;
  /** The task's history, or null if it is unknown. */
  history(queues?: readonly string[]): Promise<readonly HistoryEntry[] | null>;
  /** `by`: the subject of the caller's token. */
  command(
    command: TaskCommand,
    queues?: readonly string[],
    by?: string | null,
  ): Promise<CommandAnswer>;
  /**
   * Cancels the task that was created at this time. Returns its hint for the directory, or null if
   * the task is gone.
   */
  cancelListed(
    createdAtMs: number,
    cancel: CancelEvent,
    by: string | null,
  ): Promise<TaskHint | null>;
  forget(queues?: readonly string[]): Promise<ForgetAnswer>;
  adopt(request: AdoptRequest, queues?: readonly string[]): Promise<AdoptAnswer>;
  /** Lists at most `limit` children. Null if the task is unknown. */
  relatives(limit: number, queues?: readonly string[]): Promise<Relatives | null>;
}

/**
 * A task object as its callers see it. Written by hand, because the platform's mapped types cannot
 * handle JSON values, which are recursive.
 */
export interface TaskStub extends TaskCalls {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly task: TaskState | null;
}

/** The response to a command: its outcome, and the task's current state. */
export type CommandAnswer =
  | { readonly kind: "changed" | "unchanged"; readonly task: TaskState }
  | Refused;

export type ForgetAnswer = { readonly kind: "forgotten" } | Refused;

/** The outcome of a watch: answered at once, or parked behind a socket. */
export type WatchAnswer =
  | { readonly kind: "answered"; readonly task: TaskState | null }
  | { readonly kind: "full" }
  | { readonly kind: "parked" };

/** The header that carries a `Watch` from the Worker to the task object, as JSON. */
export const WATCH_HEADER = "edge-canceler-watch";

/** The header that carries the `queues` that the caller's token names, as JSON. */
export const WATCH_QUEUES_HEADER = "edge-canceler-watch-queues";
