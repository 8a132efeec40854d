import type { JsonValue, TaskState } from "../../worker-client/protocol.ts";
import type { WebhookEvent } from "../../worker-client/protocol-webhooks.ts";
import type { OuterEffect } from "./effects.ts";
import type { ChildStore } from "./family.ts";
import type { Task } from "./task.ts";
import type { Relative } from "./task-stub.ts";
import type { Tombstone } from "./tombstone.ts";
import type { SocketTag, WatchSocket } from "./watchers.ts";

/** What a task needs from the platform. Nothing sent after a write may leave before it is on disk. */
export interface TaskPort {
  readonly id: string;
  now(): number;
  load(): Task | null;
  /** Everything stored or set in one turn reaches the disk together, or not at all. */
  store(task: Task): void;
  /** The task's input, which never changes, or null if it has none. */
  loadInput(): JsonValue;
  storeInput(input: JsonValue): void;
  /** Deletes everything, perhaps the alarm too, and stores any tombstone in the same turn. */
  clear(tombstone: Tombstone | null): Promise<void>;
  /** The tombstone of a forgotten task, or null if there is none. */
  tombstone(): Tombstone | null;
  setAlarm(atMs: number): Promise<void>;
  /** The object's ends of the sockets with this tag. A closing one may still be among them. */
  sockets(tag: SocketTag): readonly WatchSocket[];
  /** When a socket last got a ping, which does not wake the object, or null if it got none. */
  pingedAtMs(socket: WatchSocket): number | null;
  /** Whether a webhook may want this event. If none does, it costs nothing. */
  isWanted(event: WebhookEvent, task: TaskState): boolean;
  readonly children: ChildStore;
  /** The object of another task. Calls reject if it cannot be reached. */
  reach(id: string): Relative;
  /** Sends an effect to another object. Rejects if it was not accepted. */
  send(effect: OuterEffect): Promise<void>;
  /** Sends the task's state to the directory, unless that has it. It may get lost. */
  hint(task: Task): void;
  /** Tells the directory that the task was forgotten before its retention was over. */
  hintForgotten(task: Task): void;
  /** A random number from 0 to 1. */
  random(): number;
}
