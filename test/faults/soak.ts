import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "../../scripts/folders.ts";
import { median, processUsage } from "../lab/measure.ts";
import { SeededRandom } from "../lab/seeded-random.ts";
import { TestService } from "./harness.ts";
import { History } from "./history/history.ts";
import { checkHistory, type Violation } from "./history/invariants.ts";
import { RecordedClient, TRANSPORTS, untilEnded } from "./recorded-client.ts";
import type { Outcome } from "./scenario.ts";

const LIVES_AT_ONCE = 16;
/** Ids are used again, as in a service that has been up for years. */
const IDS_PER_LOOP = 100;
const SAMPLES = 120;
/** How much the last quarter may exceed the second: the engine takes and frees memory in its own time. */
const FLAT = 1.1;
const BYTES_PER_MIB = 2 ** 20;

interface Options {
  readonly seed: number;
  readonly soakSeconds: number;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

type Sample = ReturnType<typeof processUsage>;

/** Mixed load for a long time: nothing may grow, and nothing may be logged. */
export async function runSoak(options: Options): Promise<Outcome> {
  const { seed, soakSeconds, progress, signal } = options;
  const log: string[] = [];
  const onLog = (line: string) => log.push(line);
  await using service = await TestService.start({ folder: temporaryFolder(), signal, onLog });
  const { url } = service;
  const pid = service.process.pid ?? 0;
  const endsAtMs = performance.now() + soakSeconds * 1000;
  const violations: Violation[] = [];
  const samples: Sample[] = [];
  let lives = 0;

  async function loop(number: number): Promise<void> {
    const random = new SeededRandom(seed + number);
    for (let count = 0; performance.now() < endsAtMs; count++) {
      violations.push(...(await soakLife(url, `soak-${number}-${count % IDS_PER_LOOP}`, random)));
      lives++;
      signal.throwIfAborted();
    }
  }

  async function watchMemory(): Promise<void> {
    const everyMs = (soakSeconds * 1000) / SAMPLES;
    for (let count = 1; count <= SAMPLES; count++) {
      await sleep(everyMs);
      const sample = processUsage(pid);
      samples.push(sample);
      const { residentBytes, openFiles } = sample;
      const memory = (residentBytes / BYTES_PER_MIB).toFixed(0);
      if (count % 6 === 0) {
        progress(`${lives} lives, ${memory} MiB, ${openFiles} open files, ${log.length} log lines`);
      }
    }
  }

  const loops = Array.from({ length: LIVES_AT_ONCE }, (_, number) => loop(number));
  await Promise.all([...loops, watchMemory()]);

  const quarter = SAMPLES / 4;
  const compare = (name: string, of: (sample: Sample) => number, digits: number) => {
    const early = median(samples.slice(quarter, 2 * quarter).map(of));
    const late = median(samples.slice(-quarter).map(of));
    return { name, early: early.toFixed(digits), late: late.toFixed(digits), growth: late / early };
  };
  const growths = [
    compare("memory, MiB", ({ residentBytes }) => residentBytes / BYTES_PER_MIB, 1),
    compare("open files", ({ openFiles }) => openFiles, 0),
  ];
  const grown = growths.filter(({ growth }) => growth > FLAT).map(({ name }) => name);
  const wrong = [
    ...grown.map((name) => `${name} grew`),
    ...(log.length > 0 ? [`the log has ${log.length} lines, the first: ${log[0]}`] : []),
    ...(violations.length > 0 ? [`${violations.length} promises were broken`] : []),
  ];
  return {
    table: [
      ["of workerd", "second quarter", "last quarter", "growth"],
      ...growths.map(({ name, early, late, growth }) => [name, early, late, growth.toFixed(3)]),
    ],
    violations: violations.map((violation) => ({ ...violation, scenario: "soak" })),
    isGood: wrong.length === 0,
    verdict: `${lives} lives in ${soakSeconds} s: ${wrong.join("; ") || "flat, and nothing was logged"}`,
  };
}

const PATIENCE_MS = 10_000;
const GRACE_SECONDS = 0.2;
const TIMEOUT_SECONDS = 0.3;
const MOST_WATCHERS = 4;

/** Takes one task from its declaration until it is forgotten. Returns the promises that were broken. */
async function soakLife(url: string, id: string, random: SeededRandom): Promise<Violation[]> {
  const history = new History();
  const { note } = history;
  const client = (name: string, transport = random.one(["WebSocket", "long poll"] as const)) =>
    new RecordedClient({ url, name: `${name} of ${id}`, transport, note });
  const tasks = client("the canceller");
  const end = random.one(["finish", "cancel", "cancel", "grace", "deadline", "cancel first"]);
  const timeout = end === "deadline" ? { timeoutSeconds: TIMEOUT_SECONDS } : {};
  await tasks.declare(id, { ...timeout, gracePeriodSeconds: GRACE_SECONDS });
  if (end === "cancel first") await tasks.cancel(id);
  else await tasks.start(id);

  const watchers = Array.from({ length: random.whole(1, MOST_WATCHERS) }, (_, number) => ({
    watcher: `watcher ${number} of ${id}`,
    tasks: client(`watcher ${number}`, TRANSPORTS[number % TRANSPORTS.length]),
  }));
  const told = watchers.map(({ watcher }) => history.heard(watcher, "told", PATIENCE_MS));
  const watches = watchers.map(({ watcher, tasks: of }) => of.watch(id, watcher));
  await Promise.all(told);
  for (const { watcher } of watchers) note({ kind: "connected", atMs: Date.now(), watcher, id });
  const events = fetch(`${url}/v1/tasks/${id}`, { headers: { Accept: "text/event-stream" } });
  await sleep(random.whole(0, 200));

  if (end === "finish") await tasks.finish(id, 1, random.one(["succeeded", "failed"]));
  if (end === "cancel" || end === "grace") await tasks.cancel(id);
  if (end === "cancel") {
    for (const watch of watches) {
      if (!watch.signal.aborted) {
        await history.next((entry) => entry.kind === "aborted", PATIENCE_MS);
      }
    }
    await tasks.finish(id, 1, "cancelled");
  }
  await untilEnded(tasks, id);
  // The stream ends with the task.
  await (await events).text();
  for (const [number, { watcher }] of watchers.entries()) {
    note({ kind: "closed", atMs: Date.now(), watcher, id });
    watches[number]?.close();
  }
  const broken = checkHistory(history.entries);
  await tasks.forget(id);
  return broken;
}
