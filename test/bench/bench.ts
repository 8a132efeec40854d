import { join } from "node:path";
import { bundleWorker, wranglerToml } from "../../scripts/bundle-worker.ts";
import type { Side } from "./load/job.ts";

/** A Worker that is ready to be served. */
interface ReadyBundle {
  readonly bundle: string;
  readonly config: string;
  readonly vars?: Readonly<Record<string, string>>;
}

/** What every measurement needs. */
export interface Bench {
  readonly bundles: { readonly [side in Side]: ReadyBundle };
  readonly size: BenchSize;
  /** Where the services keep their state; it is gone when the bench ends. */
  readonly folder: string;
  /** Ends everything that was started. */
  readonly signal: AbortSignal;
  /** What the services logged: there should be nothing. */
  readonly log: string[];
  /** Tells the user where the measurement is. */
  readonly say: (text: string) => void;
}

/** How much is measured. */
interface BenchSize {
  readonly rounds: number;
  /** Each stand does everything with so many tasks before anything counts. */
  readonly warmUpTasks: number;
  readonly tasks: number;
  /** For each rate. */
  readonly requests: number;
  readonly connections: number;
  readonly newTasks: number;
  readonly fanOutWatchers: number;
  /** Of a task that is read. */
  readonly readWatchers: number;
  readonly handOvers: number;
  /** Each holds four files open until it is asleep, and a service may have 20,000. */
  readonly drainTasks: number;
  readonly drainWorkers: number;
  /** How many wait in a queue that is claimed from: few, and then many. */
  readonly waitingTasks: readonly [number, number];
  /** The same in the core of the queue alone, without a service around it. */
  readonly coreTasks: readonly [number, number];
  readonly parkedWorkers: number;
  /** Of a parent that is cancelled, each with a watcher. */
  readonly children: number;
  /** Of a parent that is cancelled: few, and then many. */
  readonly growthChildren: readonly [number, number];
  /** How often two services with different settings take turns, and how many tasks each cancels in one. */
  readonly cancelTurns: number;
  readonly cancelsATurn: number;
  /** By then the directory and the webhooks have been told of the last cancels. */
  readonly leftToDoMs: number;
  readonly memoryTasks: number;
  readonly growthTasks: readonly number[];
  readonly growthWatchers: readonly number[];
  /** How long nothing happens until every object is asleep. */
  readonly idleSeconds: number;
}

/** The sizes that the targets name. An object is put to sleep after ten idle seconds. */
const FULL: BenchSize = {
  rounds: 3,
  warmUpTasks: 50,
  tasks: 1000,
  requests: 8000,
  connections: 16,
  newTasks: 200,
  fanOutWatchers: 4000,
  readWatchers: 8000,
  handOvers: 300,
  drainTasks: 3000,
  drainWorkers: 20,
  waitingTasks: [100, 3000],
  coreTasks: [100, 100_000],
  parkedWorkers: 1000,
  children: 1000,
  growthChildren: [1000, 10_000],
  cancelTurns: 40,
  cancelsATurn: 10,
  leftToDoMs: 250,
  memoryTasks: 5000,
  growthTasks: [100, 1000, 10_000],
  growthWatchers: [100, 1000, 10_000],
  idleSeconds: 13,
};

/** Just enough that every figure can be measured; they mean nothing. */
const SHORT: BenchSize = {
  rounds: 1,
  warmUpTasks: 8,
  tasks: 10,
  requests: 50,
  connections: 4,
  newTasks: 3,
  fanOutWatchers: 50,
  readWatchers: 20,
  handOvers: 5,
  drainTasks: 40,
  drainWorkers: 4,
  waitingTasks: [5, 20],
  coreTasks: [5, 20],
  parkedWorkers: 20,
  children: 10,
  growthChildren: [5, 10],
  cancelTurns: 2,
  cancelsATurn: 3,
  leftToDoMs: 0,
  memoryTasks: 50,
  growthTasks: [10, 20, 40],
  growthWatchers: [10, 20, 40],
  idleSeconds: 0.1,
};

/** How much the full form or the short one measures. */
export function benchSize({ isShort, rounds }: { isShort: boolean; rounds?: number }): BenchSize {
  const size = isShort ? SHORT : FULL;
  return { ...size, rounds: rounds ?? size.rounds };
}

/** Bundles the floor and the service, both as a deploy would. */
export async function bundleSides(folder: string): Promise<Bench["bundles"]> {
  const floorFolder = join(import.meta.dirname, "floor");
  const config = join(floorFolder, "wrangler.toml");
  const entry = join(floorFolder, "worker.ts");
  const [floor, product] = await Promise.all([
    bundleWorker({ folder: join(folder, "floor"), config, entry }),
    bundleWorker({ folder: join(folder, "product") }),
  ]);
  return {
    floor: { bundle: floor, config },
    product: { bundle: product, config: wranglerToml, vars: { AUTH: "none" } },
  };
}
