import { writeFile } from "node:fs/promises";
import { userPath } from "../../scripts/folders.ts";
import { textTable } from "../../scripts/text-table.ts";
import { INVARIANTS } from "./history/invariants.ts";
import { readOptions } from "./options.ts";
import { runPlanted } from "./planted/planted.ts";
import type { Outcome } from "./scenario.ts";
import { runScenarios } from "./scenarios.ts";
import { runSoak } from "./soak.ts";

// `npm run faults`: breaks things and checks that every promise is kept.

const SHOWN_VIOLATIONS = 20;

const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    end.abort();
    process.exit(130);
  });
}
process.on("exit", () => end.abort());

function progress(text: string): void {
  const seconds = (performance.now() / 1000).toFixed(1).padStart(7);
  console.error(`${seconds} s  ${text}`);
}

type Options = ReturnType<typeof readOptions>;

async function run(part: Options["parts"][number], options: Options): Promise<Outcome> {
  const context = { ...options, progress, signal: end.signal };
  switch (part) {
    case "scenarios":
      return runScenarios(context);
    case "planted":
      return runPlanted(context);
    case "soak":
      return runSoak(context);
  }
}

function print(outcome: Outcome, seed: number): void {
  console.log(`\n${textTable(outcome.table)}\n`);
  printVerdict(outcome, seed);
}

function printVerdict({ violations, verdict }: Outcome, seed: number): void {
  for (const { invariant, detail, scenario } of violations.slice(0, SHOWN_VIOLATIONS)) {
    console.log(`${scenario}: ${invariant} (${INVARIANTS[invariant]}) broken. ${detail}`);
  }
  const unshown = violations.length - SHOWN_VIOLATIONS;
  if (unshown > 0) console.log(`… and ${unshown} more`);
  console.log(`${verdict} (seed ${seed})`);
}

try {
  const options = readOptions(process.argv.slice(2));
  const { seed, json } = options;
  console.error(`seed ${seed}`);
  const outcomes: Outcome[] = [];
  for (const part of options.parts) {
    const outcome = await run(part, options);
    print(outcome, seed);
    outcomes.push(outcome);
  }
  const isGood = outcomes.every((outcome) => outcome.isGood);
  // What is wrong stands last, where a log that is cut still shows it.
  if (outcomes.length > 1) for (const one of outcomes) if (!one.isGood) printVerdict(one, seed);
  if (json !== null) {
    const violations = outcomes.flatMap((outcome) => outcome.violations);
    await writeFile(userPath(json), `${JSON.stringify({ seed, isGood, violations }, null, 2)}\n`);
  }
  process.exit(isGood ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
