import * as v from "valibot";

/** How long several things took. */
const TIMING = v.object({
  count: v.number(),
  /** From the first's begin to the last's end. */
  seconds: v.number(),
  p50Ms: v.number(),
  p99Ms: v.number(),
  maxMs: v.number(),
});

export type Timing = v.InferOutput<typeof TIMING>;

/** What came of a job. */
export const OUTCOME = v.object({
  /** From a request to its answer. */
  answered: TIMING,
  /** From the request to the watchers' being told; nothing if nobody watches. */
  told: TIMING,
  /** Of one core, by the generator itself: near 1, the figures are about the generator. */
  generatorShare: v.number(),
  /** Of one core, by the service. */
  serviceShare: v.number(),
});

export type Outcome = v.InferOutput<typeof OUTCOME>;
