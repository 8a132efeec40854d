import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Asked } from "./entry.ts";

/** A call, from its beginning to its answer. */
export interface Call extends Asked {
  /** Null: it was never answered, and may have been carried out or not. */
  readonly answer: {
    readonly atMs: number;
    readonly isRefused: boolean;
    /** Null: the task was not known, or a poll was told that nothing has changed. */
    readonly task: TaskState | null;
    readonly isUnchanged: boolean;
  } | null;
  /** When whoever asked gave it up; null: it did not. */
  readonly givenUpAtMs: number | null;
}

/** A watch, from its beginning. */
export interface Watcher {
  readonly watcher: string;
  readonly told: readonly { readonly atMs: number; readonly task: TaskState }[];
  readonly aborted: {
    readonly atMs: number;
    readonly error: string;
    readonly cause: string | null;
  } | null;
  readonly closedAtMs: number | null;
  /** When its line began to carry something, and when it ceased to, in order. */
  readonly line: readonly { readonly atMs: number; readonly isConnected: boolean }[];
}

/** Everything that was done to one task and seen of it. */
export interface Life {
  readonly id: string;
  readonly calls: readonly Call[];
  readonly watchers: readonly Watcher[];
}
