import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "../../scripts/folders.ts";
import { keepSweeping } from "../../scripts/unused-files.ts";
import { signToken } from "../../worker-client/cli/sign-token.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { median, processUsage } from "../lab/measure.ts";
import { SeededRandom } from "../lab/seeded-random.ts";
import { TestService } from "./harness.ts";
import { History } from "./history/history.ts";
import { checkHistory, type Violation } from "./history/invariants.ts";
import { RecordedClient, TRANSPORTS, untilEnded } from "./recorded-client.ts";
import type { Outcome } from "./scenario.ts";

const LIVES_AT_ONCE = 4;
/** Ids are used again, as a service that has been up for years would see them. */
const IDS_PER_LOOP = 100;
const SAMPLES = 120;
/** How much the last quarter may exceed the second: the engine takes and frees memory in its own time. */
const FLAT = 1.1;
const BYTES_PER_MIB = 2 ** 20;
/** How soon a watcher hears of a cancel while others are greedy. */
const TOLD_WITHIN_MS = 50;
const PROBE_EVERY_MS = 500;
const ONE_DAY_SECONDS = 24 * 3600;

interface Options {
  readonly seed: number;
  readonly soakSeconds: number;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

interface Access {
  readonly url: string;
  /** Good for everything, and longer than the soak. */
  readonly token: string;
}

interface Sample extends ReturnType<typeof processUsage> {
  /** How many files the data folder has. */
  readonly files: number;
}

/**
 * Mixed load beside every greedy caller that we know of, for a long time: nothing may grow, nothing
 * may be logged, no promise may be broken, and others hear of their cancels as quickly as ever.
 */
export async function runSoak(options: Options): Promise<Outcome> {
  const { seed, soakSeconds, progress, signal } = options;
  const log: string[] = [];
  const onLog = (line: string) => log.push(line);
  const secret = randomBytes(32).toString("base64");
  const vars = { AUTH_SECRET: secret };
  await using service = await TestService.start({ folder: temporaryFolder(), signal, onLog, vars });
  const { url, dataFolder } = service;
  const grant = { subject: "soak", scope: "admin", tasks: ["*"], ttlSeconds: 2 * ONE_DAY_SECONDS };
  const access = { url, token: await signToken(secret, grant, Date.now()) };
  const pid = service.process.pid ?? 0;
  using end = abortAtEnd(signal);
  const sweeping = keepSweeping(dataFolder, { pid, signal: end.signal });
  using _greedy = startGreedy(url, secret);
  const endsAtMs = performance.now() + soakSeconds * 1000;
  const violations: Violation[] = [];
  const samples: Sample[] = [];
  const toldMs: number[] = [];
  let lives = 0;

  async function loop(number: number): Promise<void> {
    const random = new SeededRandom(seed + number);
    for (let count = 0; performance.now() < endsAtMs; count++) {
      violations.push(
        ...(await soakLife(access, `soak-${number}-${count % IDS_PER_LOOP}`, random)),
      );
      lives++;
      signal.throwIfAborted();
    }
  }

  async function probe(): Promise<void> {
    for (let count = 0; performance.now() < endsAtMs; count++) {
      await sleep(PROBE_EVERY_MS);
      toldMs.push(await timeToTell(access, `probe-${count % IDS_PER_LOOP}`));
    }
  }

  async function watchUsage(): Promise<void> {
    const everyMs = (soakSeconds * 1000) / SAMPLES;
    for (let count = 1; count <= SAMPLES; count++) {
      await sleep(everyMs);
      const sample = { ...processUsage(pid), files: filesIn(dataFolder) };
      samples.push(sample);
      if (count % 6 !== 0) continue;
      const memory = (sample.residentBytes / BYTES_PER_MIB).toFixed(0);
      progress(
        `${lives} lives, ${memory} MiB, ${sample.openFiles} open files, ${sample.files} files, ` +
          `told in ${median(toldMs).toFixed(1)} ms, ${log.length} log lines`,
      );
    }
  }

  const loops = Array.from({ length: LIVES_AT_ONCE }, (_, number) => loop(number));
  await Promise.all([...loops, probe(), watchUsage()]);
  end.abort();
  await sweeping;

  const quarter = SAMPLES / 4;
  const compare = (name: string, of: (sample: Sample) => number, digits: number) => {
    const early = median(samples.slice(quarter, 2 * quarter).map(of));
    const late = median(samples.slice(-quarter).map(of));
    return { name, early: early.toFixed(digits), late: late.toFixed(digits), growth: late / early };
  };
  const growths = [
    compare("memory, MiB", ({ residentBytes }) => residentBytes / BYTES_PER_MIB, 1),
    compare("open files", ({ openFiles }) => openFiles, 0),
    compare("files on disk", ({ files }) => files, 0),
  ];
  const grown = growths.filter(({ growth }) => growth > FLAT).map(({ name }) => name);
  const told = toldMs.toSorted((a, b) => a - b);
  const late = told[Math.floor(told.length * 0.99)] ?? Number.NaN;
  const wrong = [
    ...grown.map((name) => `${name} grew`),
    ...(late > TOLD_WITHIN_MS
      ? [`a cancel in a hundred was told after ${late.toFixed(0)} ms`]
      : []),
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
    verdict:
      `${lives} lives in ${soakSeconds} s, ${told.length} cancels told in ${median(told).toFixed(1)} ms ` +
      `(99 % within ${late.toFixed(1)}, all within ${told.at(-1)?.toFixed(1)}): ` +
      `${wrong.join("; ") || "flat, and nothing was logged"}`,
  };
}

function abortAtEnd(signal: AbortSignal): AbortController & Disposable {
  const end = new AbortController();
  signal.addEventListener("abort", () => end.abort());
  return Object.assign(end, { [Symbol.dispose]: () => end.abort() });
}

/** Every greedy caller at once, in a process of their own so that they do not slow down ours. */
function startGreedy(url: string, secret: string): Disposable {
  const program = join(import.meta.dirname, "greedy.ts");
  const child: ChildProcess = spawn(process.execPath, [program, url, secret], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  return {
    [Symbol.dispose]() {
      kill();
      process.off("exit", kill);
    },
  };
}

function filesIn(dataFolder: string): number {
  return readdirSync(dataFolder, { recursive: true }).length;
}

/** Returns how long after a cancel is asked for a connected watcher hears of it. */
async function timeToTell({ url, token }: Access, id: string): Promise<number> {
  const tasks = new TaskClient({ url, token });
  await tasks.start(id);
  const connected = Promise.withResolvers<void>();
  using watch = tasks.watch(id, { onChange: () => connected.resolve() });
  await connected.promise;
  const told = Promise.withResolvers<number>();
  watch.signal.addEventListener("abort", () => told.resolve(performance.now()));
  const askedAtMs = performance.now();
  await tasks.cancel(id);
  const toldMs = (await told.promise) - askedAtMs;
  await tasks.finish(id, { attempt: 1, status: "cancelled" });
  await tasks.forget(id);
  return toldMs;
}

const PATIENCE_MS = 10_000;
const GRACE_SECONDS = 0.2;
const TIMEOUT_SECONDS = 0.3;
const MOST_WATCHERS = 4;

/** Takes one task from its declaration until it is forgotten. Returns the promises that were broken. */
async function soakLife(
  { url, token }: Access,
  id: string,
  random: SeededRandom,
): Promise<Violation[]> {
  const history = new History();
  const { note } = history;
  const client = (name: string, transport = random.one(["WebSocket", "long poll"] as const)) =>
    new RecordedClient({ url, token, name: `${name} of ${id}`, transport, note });
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
  const events = fetch(`${url}/v1/tasks/${id}`, {
    headers: { Accept: "text/event-stream", Authorization: `Bearer ${token}` },
  });
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
