import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectFolder, temporaryFolder } from "../../../scripts/folders.ts";
import { textTable } from "../../../scripts/text-table.ts";
import { costOptions } from "./cost-options.ts";
import { costReport } from "./cost-report.ts";
import { hourRows } from "./hour-rows.ts";
import { measureModes } from "./measure-modes.ts";
import { modes } from "./modes.ts";
import { openingRows } from "./opening-rows.ts";
import { priceOf } from "./price-of.ts";
import { verdictRows } from "./verdict-rows.ts";

const HELP = `Counts what Cloudflare would bill for watched tasks, in every way to watch them.

  npm run bench -- cost [--tasks N] [--waits LIST] [--short] [--json FILE] [--write]

  --tasks N     tasks to watch in each mode (default: 200)
  --waits LIST  waits of the long polls, in seconds (default: 5,15,55)
  --short       only sees whether it works: a few tasks, a few seconds
  --json FILE   writes the counts to a file
  --write       writes test/bench/COST.md
  --help        this text

It takes about three minutes. The prices are in test/bench/cost/price-table.ts.`;

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
  const measurements = await measureModes(
    modes({ waitsSeconds, ...(options.short && { defaultWaitSeconds: SHORT_WAIT_SECONDS }) }),
    {
      folder: temporaryFolder(),
      tasks,
      settleSeconds,
      windowSeconds,
      signal: end.signal,
      onProgress: (line) => console.error(line),
    },
  );
  const rows = [hourRows(measurements), openingRows(measurements)];
  // A short run makes no count that means anything but that it was made.
  if (!options.short) rows.push(verdictRows(measurements));
  console.log(rows.map(textTable).join("\n\n"));
  if (options.json !== null) {
    const results = measurements.map((measurement) => ({
      ...measurement,
      dollarsPerMillionHours: priceOf(measurement.hour).total * 1e6,
    }));
    await writeFile(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  if (options.write) await writeFile(REPORT, costReport(measurements));
}
