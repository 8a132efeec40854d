import type { BulkCancellation, TaskCount } from "../../worker-client/protocol-directory.ts";
import type { HintedTask, TaskHint } from "../tasks/task-hint.ts";
import type { BulkOrder } from "./bulk.ts";
import type { Scan, Scanned } from "./query.ts";

/** A task that was asked how it is, because what the directory knew of it was old. */
export interface AskedTask {
  readonly listed: HintedTask;
  /** What it said; null: it is not known any more. */
  readonly hint: TaskHint | null;
}

/** How many tasks there were of each status, queue by queue. */
export interface Counted {
  readonly counts: readonly TaskCount[];
  readonly countedAtMs: number;
}

/** What an object of the directory can be asked by RPC. */
export interface DirectoryStub {
  /** A task has changed. */
  note(hint: TaskHint): Promise<void>;
  /** A task was forgotten before its time. */
  remove(task: HintedTask): Promise<void>;
  scan(scan: Scan): Promise<Scanned>;
  repair(asked: readonly AskedTask[]): Promise<void>;
  count(): Promise<Counted>;
}

/** How far a bulk cancel is, and which tasks it can cancel: whoever reads it must reach them. */
export interface BulkReading extends Pick<BulkOrder, "filter" | "covered"> {
  readonly bulk: BulkCancellation;
}

/** What the object of a bulk cancel can be asked. A `fetch` with an upgrade watches it. */
export interface BulkStub {
  begin(order: BulkOrder): Promise<BulkCancellation>;
  read(): Promise<BulkReading | null>;
  fetch(url: string, init: RequestInit): Promise<Response>;
}
