import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "../../../scripts/temporary-folder.ts";
import { median } from "../../lab/median.ts";
import { processUsage } from "../../lab/process-usage.ts";
import { SeededRandom } from "../../lab/seeded-random.ts";
import type { Violation } from "../history/violation.ts";
import type { Outcome } from "../outcome.ts";
import { TestService } from "../test-service.ts";
import { soakLife } from "./soak-life.ts";

const LIVES_AT_ONCE = 16;
/** Ids are used again, as a service that has been up for years would see them. */
const IDS_PER_LOOP = 100;
const SAMPLES = 120;
/** What the engine may take and give back in its own time, at the end against the time after warm-up. */
const FLAT = 1.1;
const BYTES_PER_MIB = 2 ** 20;

interface Options {
  readonly seed: number;
  readonly soakSeconds: number;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

type Sample = ReturnType<typeof processUsage>;

/** Mixed load for a long time: nothing may grow, nothing may be logged, no promise may be broken. */
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
