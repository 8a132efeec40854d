import { writeFile } from "node:fs/promises";
import { temporaryFolder } from "../../scripts/folders.ts";
import { textTable } from "../../scripts/text-table.ts";
import { benchSize, bundleSides } from "./bench.ts";
import { HELP, readOptions } from "./options.ts";
import { unjudged } from "./report.ts";
import { reportRows } from "./results-page.ts";
import { runBench } from "./run-bench.ts";

const end = new AbortController();

function say(text: string): void {
  const seconds = (performance.now() / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${text}\n`);
}

async function bench(args: readonly string[]): Promise<void> {
  const { isHelp, isShort, isWrite, rounds, json, only } = readOptions(args);
  if (isHelp) {
    console.log(HELP);
    return;
  }
  const folder = temporaryFolder();
  say("bundles the floor and the service");
  const measured = await runBench(
    {
      bundles: await bundleSides(folder),
      folder,
      size: benchSize({ isShort, ...(rounds !== null && { rounds }) }),
      signal: end.signal,
      log: [],
      say,
    },
    only,
  );
  const report = isShort ? unjudged(measured) : measured;
  for (const rows of reportRows(report)) console.log(`${textTable(rows)}\n`);
  for (const line of report.serviceLog) console.error(`a service logged: ${line}`);
  if (json !== null) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  if (isWrite) {
    const { writeResults } = await import("./write-results.ts");
    await writeResults(report);
  }
}

process.on("exit", () => end.abort());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130));
}
try {
  const [first, ...rest] = process.argv.slice(2);
  if (first === "cost") {
    const { measureCost } = await import("./cost/measure-cost.ts");
    await measureCost(rest);
  } else if (first === "token") {
    const { showTokenCost } = await import("./token-cost.ts");
    await showTokenCost(end.signal);
  } else if (first === "exec") {
    const { showExecStart } = await import("./exec-start.ts");
    await showExecStart(end.signal);
  } else if (first !== undefined && !first.startsWith("-")) {
    throw new Error(`there is no bench "${first}": cost, token or exec, or nothing for the whole`);
  } else {
    await bench(process.argv.slice(2));
  }
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
