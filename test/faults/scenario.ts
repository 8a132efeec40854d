import type { Violation } from "./history/invariants.ts";

/** What a scenario is handed. */
export interface ScenarioContext {
  /** Decides what is done, and when. */
  readonly seed: number;
  /** How often; each scenario says what a round is. */
  readonly rounds: number;
  /** Whether it ends as soon as a promise is broken. */
  readonly stopsAtFirst: boolean;
  /** A folder of its own, empty. */
  readonly folder: string;
  /** Tells a person how far it is. */
  readonly progress: (text: string) => void;
  /** Aborts when the lab is to end at once, with all that it has started. */
  readonly signal: AbortSignal;
}

/** What came of a scenario. */
export interface ScenarioResult {
  /** What was done, and how often, in words that a table can show. */
  readonly did: string;
  readonly violations: readonly Violation[];
}

/** A way to break promises. */
export interface Scenario {
  /** What it does, in a line. */
  readonly about: string;
  readonly rounds: {
    /** How many there are by default. */
    readonly full: number;
    /** How many show in seconds that the scenario works. */
    readonly short: number;
  };
  run(context: ScenarioContext): Promise<ScenarioResult>;
}

/** What came of all that was run. */
export interface Outcome {
  /** For a person: the rows of a table, the head first. */
  readonly table: readonly (readonly string[])[];
  readonly violations: readonly (Violation & { readonly scenario: string })[];
  readonly isGood: boolean;
  /** All of it in a line. */
  readonly verdict: string;
}
