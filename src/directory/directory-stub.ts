import type { BulkCancellation, TaskCount } from "../../worker-client/protocol-directory.ts";
import type { HintedTask, TaskHint } from "../tasks/task-hint.ts";
import type { BulkOrder } from "./bulk.ts";
import type { Scan, Scanned } from "./query.ts";

/** A task that was asked for its state, and what the directory knew of it. */
export interface AskedTask {
  readonly listed: HintedTask;
  /** The answer, or null if the task is gone. */
  readonly hint: TaskHint | null;
}

/** Task counts by queue and status. */
export interface Counted {
  readonly counts: readonly TaskCount[];
  readonly countedAtMs: number;
}

/** The RPC methods of a directory object. */
export interface DirectoryStub {
  /** Records how a task has changed. */
  note(hint: TaskHint): Promise<void>;
  /** Removes a task that was forgotten before its retention was over. */
  remove(task: HintedTask): Promise<void>;
  scan(scan: Scan): Promise<Scanned>;
  repair(asked: readonly AskedTask[]): Promise<void>;
  count(): Promise<Counted>;
}

/** The progress of a bulk cancel, and which tasks it can cancel: a reader must be able to reach them. */
export interface BulkReading extends Pick<BulkOrder, "filter" | "covered"> {
  readonly bulk: BulkCancellation;
}

/** The methods of a bulk cancel's object. A `fetch` with an upgrade opens a watch. */
export interface BulkStub {
  begin(order: BulkOrder): Promise<BulkCancellation>;
  read(): Promise<BulkReading | null>;
  fetch(url: string, init: RequestInit): Promise<Response>;
}
