import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/**
 * What can be asked of either side. `again` is a cancel that is on record already. The last three are
 * what a cancel costs at least: without its promise to be on disk, with it, and with the alarm that
 * ends the grace period as well.
 */
const ASK = v.picklist([
  "create",
  "start",
  "read",
  "cancel",
  "again",
  "tell",
  "writeAndTell",
  "writeArmAndTell",
]);
const WATCH = v.picklist(["socket", "poll", "events", "client"]);

export type AskName = v.InferOutput<typeof ASK>;
export type WatchName = v.InferOutput<typeof WATCH>;

/** Tasks are named after their group: `group-0`, `group-1` and so on. */
const TASKS = { group: v.string(), tasks: count };

/** What the load generator is asked to do. */
export const JOB = v.variant("kind", [
  /** So many requests to the tasks of a group in turn, over so many connections at once. */
  v.object({ kind: v.literal("ask"), ask: ASK, ...TASKS, requests: count, connections: count }),
  /** Parks watchers on each task of a group; they stay until they are released. */
  v.object({ kind: v.literal("park"), watch: WATCH, ...TASKS, watchersPerTask: count }),
  /** Tells the watchers of so many tasks of a group, one task after the other. */
  v.object({ kind: v.literal("tell"), ask: ASK, ...TASKS }),
  /** Lets all watchers go. */
  v.object({ kind: v.literal("release") }),
]);

export type Job = v.InferOutput<typeof JOB>;
