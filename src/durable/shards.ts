/**
 * Which of several objects is responsible for a key: the same one each time, and each one for about
 * as many keys (FNV-1a).
 */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  // The low bits of the product mix too little.
  hash ^= hash >>> 15;
  return (hash >>> 0) % shards;
}

/** How many objects keep the directory. Another number would lose what they know. */
export const DIRECTORY_SHARDS = 8;

/** The name of the object whose part of the directory a task is in. */
export function directoryShardOf(taskId: string): string {
  return String(shardOf(taskId, DIRECTORY_SHARDS));
}

/** The names of all objects of the directory. */
export const DIRECTORY_SHARD_NAMES: readonly string[] = Array.from(
  { length: DIRECTORY_SHARDS },
  (_, shard) => String(shard),
);
