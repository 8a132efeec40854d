/** Maps a key to one of several objects: always the same one, with keys spread evenly (FNV-1a). */
function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  // The low bits of the product are poorly mixed.
  hash ^= hash >>> 15;
  return (hash >>> 0) % shards;
}

/** How many objects hold the directory. Changing this would orphan the rows they have. */
const DIRECTORY_SHARDS = 8;

/** The name of the directory object that holds a task. */
export function directoryShardOf(taskId: string): string {
  return String(shardOf(taskId, DIRECTORY_SHARDS));
}

/** The names of all directory objects. */
export const DIRECTORY_SHARD_NAMES: readonly string[] = Array.from(
  { length: DIRECTORY_SHARDS },
  (_, shard) => String(shard),
);
