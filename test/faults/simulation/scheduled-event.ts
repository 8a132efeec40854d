import type { Machine } from "./machine.ts";

/** Something that will happen at a virtual time. */
export interface ScheduledEvent {
  /** When it is due. */
  readonly dueMs: number;
  /** When it happens: when it is due, or when its machine wakes up. */
  atMs: number;
  /** A timer of a process rings before what came over its lines, as in an event loop. */
  readonly isTimer: boolean;
  /** The one scheduled first is first. */
  readonly order: number;
  /** Where it happens; null: in the network or the service. */
  readonly machine: Machine | null;
  readonly happen: () => void;
}
