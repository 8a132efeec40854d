import type { SeededRandom } from "../../lab/seeded-random.ts";
import type { LineFault } from "./line-fault.ts";

/** Past the client's own patience with a silent line (55 s and 10 s), so minutes: every tenth only. */
const HALF_OPEN_EVERY = 10;
const IMPOSTORS = 15;
const LONGEST_ANSWER_BYTES = 800;

type Kind = LineFault["kind"];

const KINDS: readonly [Kind, ...Kind[]] = [
  "reset",
  "blackhole",
  "latency",
  "byte-by-byte",
  "cut-after",
  "impostor",
];

/** What happens in an episode, and when. */
export interface EpisodePlan {
  readonly number: number;
  readonly kind: Kind;
  /** Whether the line is well until the worker has heard of its task. */
  readonly beginsWell: boolean;
  /** Whether somebody cancels while the line is not well. */
  readonly isCancelled: boolean;
  /** How long the fault lasts after that. */
  readonly lastsMs: number;
  readonly latencyMs: number;
  readonly cutAfterBytes: number;
  readonly isReset: boolean;
  /** Which impostor answers. */
  readonly impostor: number;
}

/** Draws the plan of an episode. */
export function episodePlan(number: number, random: SeededRandom): EpisodePlan {
  const isHalfOpen = number % HALF_OPEN_EVERY === HALF_OPEN_EVERY - 1;
  return {
    number,
    kind: isHalfOpen ? "half-open" : random.one(KINDS),
    beginsWell: isHalfOpen || random.percent(60),
    isCancelled: isHalfOpen || random.percent(80),
    lastsMs: random.whole(0, 1200),
    latencyMs: random.whole(1, 200),
    cutAfterBytes: random.whole(0, LONGEST_ANSWER_BYTES),
    isReset: random.percent(50),
    impostor: random.whole(0, IMPOSTORS - 1),
  };
}
