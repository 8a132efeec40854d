import type { Violation } from "./history/invariants.ts";

/** What a scenario gets. */
export interface ScenarioContext {
  /** Decides what happens, and when. */
  readonly seed: number;
  /** How many rounds; each scenario says what a round is. */
  readonly rounds: number;
  /** Whether it ends as soon as a promise is broken. */
  readonly stopsAtFirst: boolean;
  /** An empty folder of its own. */
  readonly folder: string;
  /** Tells the user how far it is. */
  readonly progress: (text: string) => void;
  /** Aborts when the lab has to end at once, with everything it started. */
  readonly signal: AbortSignal;
}

/** The outcome of a scenario. */
export interface ScenarioResult {
  /** What was done, and how often, for a table. */
  readonly did: string;
  readonly violations: readonly Violation[];
}

/** A way to break things. */
export interface Scenario {
  /** What it does, in one line. */
  readonly about: string;
  readonly rounds: {
    /** The default. */
    readonly full: number;
    /** With `--short`: seconds. */
    readonly short: number;
  };
  run(context: ScenarioContext): Promise<ScenarioResult>;
}

/** The outcome of everything that ran. */
export interface Outcome {
  /** The rows of a table for the user, the head first. */
  readonly table: readonly (readonly string[])[];
  readonly violations: readonly (Violation & { readonly scenario: string })[];
  readonly isGood: boolean;
  /** All of it in one line. */
  readonly verdict: string;
}
