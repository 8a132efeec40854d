import type { JsonValue, TaskState } from "../../worker-client/protocol.ts";
import type { WebhookEvent } from "../../worker-client/protocol-webhooks.ts";
import type { OuterEffect } from "./effects.ts";
import type { ChildStore } from "./family.ts";
import type { Remains } from "./remains.ts";
import type { Task } from "./task.ts";
import type { Relative } from "./task-stub.ts";
import type { SocketTag, WatchSocket } from "./watchers.ts";

/** What a task needs of the platform. What is said after a write must not leave before it is on disk. */
export interface TaskPort {
  readonly id: string;
  now(): number;
  load(): Task | null;
  /** All that is stored and set in one turn is on disk together, or none of it is. */
  store(task: Task): void;
  /** What the task works on, which never changes; null: it has none. */
  loadInput(): JsonValue;
  storeInput(input: JsonValue): void;
  /** Deletes everything, the alarm as well; what remains is on disk in the same turn. */
  clear(remains: Remains | null): Promise<void>;
  /** What remains of a task that was forgotten; null: nothing. */
  remains(): Remains | null;
  setAlarm(atMs: number): Promise<void>;
  /** The object's ends of the sockets with this tag; one that closes may still be among them. */
  sockets(tag: SocketTag): readonly WatchSocket[];
  /** When the last ping came over a socket that was answered without waking the object; null: none. */
  pingedAtMs(socket: WatchSocket): number | null;
  /** Whether a webhook may want to be told of this; where there is none, an event costs nothing. */
  isWanted(event: WebhookEvent, task: TaskState): boolean;
  readonly children: ChildStore;
  /** The object of another task. Calls reject if it cannot be reached. */
  reach(id: string): Relative;
  /** Tells another object what it must learn; rejects if that has not taken it. */
  send(effect: OuterEffect): Promise<void>;
  /** Tells the directory how the task is now, unless it knows; it may not get there. */
  hint(task: Task): void;
  /** Tells the directory that the task was forgotten before its retention was over. */
  hintForgotten(task: Task): void;
  /** A random number from 0 to 1. */
  random(): number;
}
