import type { SeededRandom } from "../../lab/seeded-random.ts";

/** What can go wrong on the platform, and between it and its clients. */
export const TROUBLES = [
  "lost call",
  "lost answer of a call",
  "crash",
  "crash while writing",
  "eviction",
  "alarm rings twice",
  "dead Worker",
  "reset",
  "lost request",
  "lost answer",
] as const;

export type Trouble = (typeof TROUBLES)[number];

/** The clock, the chances and the troubles that everything on the platform shares. */
export interface Surroundings {
  readonly random: SeededRandom;
  nowMs(): number;
  /** Something happens on the platform. */
  later(delayMs: number, happen: () => void): void;
  /** How long something takes from one place to another. */
  transitMs(): number;
  strikes(trouble: Trouble): boolean;
  /** What becomes of what a task tells the directory, which never has to come, nor just once. */
  hint(): "comes" | "comes again" | "is lost";
  note(who: string, what: string): void;
}
