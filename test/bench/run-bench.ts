import type { Bench } from "./bench.ts";
import { type Absolute, measureSizes, measureStart } from "./figures/absolute.ts";
import type { Sample } from "./figures/figures.ts";
import { measureGrowth, measureMemory } from "./figures/many-tasks.ts";
import {
  measureFanOut,
  measureWatchedRead,
  measureWatcherGrowth,
} from "./figures/many-watchers.ts";
import { measureDirectory, measureWebhook } from "./figures/options.ts";
import { measureParkedWorkers, measureQueues } from "./figures/queues.ts";
import { measureCold, measureRates } from "./figures/rates.ts";
import { measureTold } from "./figures/told.ts";
import { measureTree, measureTreeGrowth } from "./figures/trees.ts";
import { machine } from "./machine.ts";
import { type Report, spreadOf, summarize, taskGrowth, watcherGrowth } from "./report.ts";
import { Pair, warmUp } from "./stand.ts";

const TIMED = {
  rates: measureRates,
  told: measureTold,
  "fan-out": measureFanOut,
  "watched-read": measureWatchedRead,
  queues: measureQueues,
  cold: measureCold,
  trees: measureTree,
  directory: measureDirectory,
  webhooks: measureWebhook,
};

/** Measures everything, or one part of it. */
export async function runBench(bench: Bench, only: string | null): Promise<Report> {
  const { size, say } = bench;
  // The commit that is measured is the one that was there at the begin.
  const measuredOn = machine();
  const isWanted = (part: string) => only === null || only === part;
  const samples: Sample[] = [];
  const absolute: Absolute[] = [];
  const startUps: { floor: number; product: number }[] = [];
  const timed = Object.entries(TIMED).filter(([part]) => isWanted(part));
  for (let round = 0; round < size.rounds && timed.length > 0; round++) {
    // Afresh each time, so that no round pays for what an earlier one has left behind.
    await using pair = await Pair.start(bench, round);
    startUps.push({ floor: pair.floor.startUpMs, product: pair.product.startUpMs });
    await pair.inTurn((stand) => warmUp(bench, stand));
    for (const [part, measure] of timed) {
      say(`round ${round + 1} of ${size.rounds}: ${part}`);
      samples.push(...(await measure(bench, pair, round)));
    }
  }
  if (isWanted("trees")) samples.push(...(await measureTreeGrowth(bench)));
  if (isWanted("memory")) {
    say(`memory: ${size.memoryTasks} tasks, parked and asleep`);
    samples.push(...(await measureMemory(bench)), await measureParkedWorkers(bench));
  }
  const moreTasks = isWanted("growth") ? await measureGrowth(bench) : [];
  const moreWatchers = isWanted("watchers") ? await measureWatcherGrowth(bench) : [];
  if (isWanted("absolute")) {
    say("sizes and start");
    absolute.push(...(await measureSizes(bench)), await measureStart(bench));
  }
  if (startUps.length > 0) {
    absolute.push({
      name: "workerd until it listens",
      unit: "ms",
      floor: spreadOf(startUps.map(({ floor }) => floor)).median,
      product: spreadOf(startUps.map(({ product }) => product)).median,
    });
  }
  return {
    machine: measuredOn,
    rounds: size.rounds,
    figures: summarize(samples),
    growth: taskGrowth(moreTasks),
    watcherGrowth: watcherGrowth(moreWatchers),
    absolute,
    serviceLog: bench.log,
  };
}
