import * as v from "valibot";

/** The two that are compared: the least that the platform can do, and the service. */
export type Side = "floor" | "product";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/**
 * What can be asked of either side. `readAsJson` is a read through a router, logged, with JSON for an
 * answer; `again` is a cancel that is on record already. The last three are what a cancel costs at
 * least: without its promise to be on disk, with it, and with the alarm that ends the grace period as
 * well.
 */
const ASK = v.picklist([
  "create",
  "start",
  "read",
  "readAsJson",
  "cancel",
  "again",
  "tell",
  "writeAndTell",
  "writeArmAndTell",
]);
const WATCH = v.picklist(["socket", "relayed", "poll", "events", "client"]);

/** `hand over`: each task is enqueued while a worker waits for it. `park`: workers wait in vain. */
const ACT = v.picklist(["fill", "hand over", "claim", "drain", "park"]);

export type AskName = v.InferOutput<typeof ASK>;
export type WatchName = v.InferOutput<typeof WATCH>;

/** Tasks are named after their group: `group-0`, `group-1` and so on. */
const TASKS = { group: v.string(), tasks: count };

/** The number of the first of them. Default: 0. */
const FIRST = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)));

/** What the load generator is asked to do. */
export const JOB = v.variant("kind", [
  /** So many requests to the tasks of a group in turn, from the `first` on, over so many connections. */
  v.object({
    kind: v.literal("ask"),
    ask: ASK,
    ...TASKS,
    first: FIRST,
    requests: count,
    connections: count,
  }),
  /** Parks watchers on each task of a group; they stay until they are released. */
  v.object({ kind: v.literal("park"), watch: WATCH, ...TASKS, watchersPerTask: count }),
  /** Tells the watchers of so many tasks of a group, one task after the other. */
  v.object({ kind: v.literal("tell"), ask: ASK, ...TASKS }),
  /**
   * Declares and starts so many tasks of a group, from the `first` on, as children of the task that has
   * the group's own name.
   */
  v.object({ kind: v.literal("make children"), ...TASKS, first: FIRST, connections: count }),
  /** Tells the watchers of a whole group: by a cancel of each task, or of the one parent of all. */
  v.object({
    kind: v.literal("tell all"),
    cancel: v.picklist(["each", "parent"]),
    ...TASKS,
    connections: count,
  }),
  /** Adds a webhook, whose receiver is the generator itself. */
  v.object({ kind: v.literal("add webhook") }),
  /** Cancels the tasks of a group, each when the webhook has been told of the one before. */
  v.object({ kind: v.literal("tell webhook"), ...TASKS }),
  /** What is done to one queue, by so many workers. */
  v.object({ kind: v.literal("queue"), act: ACT, queue: v.string(), tasks: count, workers: count }),
  /** Lets all watchers go. */
  v.object({ kind: v.literal("release") }),
]);

export type Job = v.InferOutput<typeof JOB>;

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
