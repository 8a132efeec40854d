import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectFolder, temporaryFolder, userPath } from "../../../scripts/folders.ts";
import { textTable } from "../../../scripts/text-table.ts";
import { priceOf } from "./billing.ts";
import { costReport, hourRows, lifeRows, openingRows } from "./cost-report.ts";
import { lives } from "./lives.ts";
import { measureLives } from "./measure-lives.ts";
import { measureModes } from "./measure-modes.ts";
import { bundleBuilds, countSocketMessages } from "./metered-service.ts";
import { modes } from "./modes.ts";
import { verdictRows } from "./verdicts.ts";

/** What the user asked for. */
interface CostOptions {
  readonly help: boolean;
  readonly short: boolean;
  readonly write: boolean;
  readonly tasks: number;
  /** The waits of the long polls, in seconds. */
  readonly waitsSeconds: readonly number[];
  readonly settleSeconds: number;
  readonly windowSeconds: number;
  /** The path of a file for the results; null: none. */
  readonly json: string | null;
}

const FULL = { tasks: "200", waits: "5,10,20", settleSeconds: 15, windowSeconds: 100 };
const SHORT = { tasks: "5", waits: "1", settleSeconds: 1, windowSeconds: 2 };
/** The client asks again after so long at most. */
const MAX_WAIT_SECONDS = 20;
const MAX_TASKS = 2000;

/** Reads the command line; throws what is wrong with it in one line. */
export function costOptions(args: readonly string[]): CostOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tasks: { type: "string" },
      waits: { type: "string" },
      short: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { short, write, help, json } = values;
  const { settleSeconds, windowSeconds, ...defaults } = short ? SHORT : FULL;
  if (short && write) throw new Error("--write takes the full form: leave --short out");
  return {
    help,
    short,
    write,
    tasks: whole("--tasks", values.tasks ?? defaults.tasks, MAX_TASKS),
    waitsSeconds: (values.waits ?? defaults.waits)
      .split(",")
      .map((wait) => whole("--waits", wait, MAX_WAIT_SECONDS)),
    settleSeconds,
    windowSeconds,
    json: json === undefined ? null : userPath(json),
  };
}

function whole(option: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new Error(`${option} must be a whole number from 1 to ${most}, not "${text}"`);
}

const HELP = `Counts what Cloudflare would bill for watched tasks, in every way to watch them, and for what the
directory, parents, webhooks and cancels in bulk add.

  npm run bench -- cost [--tasks N] [--waits LIST] [--short] [--json FILE] [--write]

  --tasks N     tasks to watch in each mode (default: 200)
  --waits LIST  waits of the long polls, in seconds (default: 5,10,20)
  --short       only sees whether it works: a few tasks, a few seconds
  --json FILE   writes the counts to a file
  --write       writes test/bench/COST.md
  --help        this text

It takes about ten minutes. The prices are in test/bench/cost/billing.ts.`;

const REPORT = join(projectFolder, "test", "bench", "COST.md");
const SHORT_WAIT_SECONDS = 2;

/** `npm run bench -- cost` */
export async function measureCost(args: readonly string[]): Promise<void> {
  const options = costOptions(args);
  if (options.help) {
    console.log(HELP);
    return;
  }
  const end = new AbortController();
  process.on("exit", () => end.abort());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(130));
  }
  const { tasks, waitsSeconds, settleSeconds, windowSeconds } = options;
  const say = (line: string) => console.error(line);
  say("bundling the metered service and the naive one");
  const folder = temporaryFolder();
  const lab = {
    bundles: await bundleBuilds(folder),
    folder,
    tasks,
    settleSeconds,
    windowSeconds,
    socketMessagesTo: countSocketMessages(),
    signal: end.signal,
  };
  const shortPeriods = {
    defaultWaitSeconds: SHORT_WAIT_SECONDS,
    sweepSeconds: SHORT_WAIT_SECONDS,
  };
  const waysToWatch = modes({ waitsSeconds, ...(options.short && shortPeriods) });
  const watching = measureModes(waysToWatch, lab, say);
  // Counts that mean nothing can be made at the same time.
  if (!options.short) await watching;
  const [measurements, lived] = await Promise.all([watching, measureLives(lives(), lab, say)]);
  const rows = [hourRows(measurements), openingRows(measurements), lifeRows(lived)];
  // A short run makes no count that means anything but that it was made.
  if (!options.short) rows.push(verdictRows(measurements, lived));
  console.log(rows.map(textTable).join("\n\n"));
  if (options.json !== null) {
    const watched = measurements.map((measurement) => ({
      ...measurement,
      dollarsPerMillionHours: priceOf(measurement.hour).total * 1e6,
    }));
    const others = lived.map((measurement) => ({
      ...measurement,
      dollarsPerMillion: priceOf(measurement.each).total * 1e6,
    }));
    const results = [...watched, ...others];
    await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  if (options.write) await writeFile(REPORT, costReport(measurements, lived));
}
