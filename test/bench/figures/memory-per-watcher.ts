import { setTimeout as sleep } from "node:timers/promises";
import type { Bench } from "../bench.ts";
import type { Stand } from "../stand.ts";
import { warmUp } from "./warm-up.ts";

interface Options {
  readonly watch: "socket" | "poll";
  readonly group: string;
  readonly tasks: number;
}

const KIB_BYTES = 1024;
/** An object holds files open while it is awake; so many are watched before the first fall asleep. */
const AT_ONCE = 500;

/** What a service takes more with each parked watcher and its sleeping object, in KiB. */
export async function memoryPerWatcher(
  bench: Bench,
  stand: Stand,
  { watch, group, tasks }: Options,
): Promise<number> {
  await warmUp(bench, stand);
  const beforeBytes = stand.residentBytes;
  for (let first = 0; first < tasks; first += AT_ONCE) {
    const part = Math.min(AT_ONCE, tasks - first);
    await stand.run(`${group}-${first / AT_ONCE}`, part, watch);
  }
  await sleep(bench.size.idleSeconds * 1000, null, { signal: bench.signal });
  return (stand.residentBytes - beforeBytes) / KIB_BYTES / tasks;
}
