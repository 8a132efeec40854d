import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { projectFolder, temporaryFolder } from "../../../scripts/folders.ts";
import { concurrently } from "../harness.ts";
import type { Outcome } from "../scenario.ts";
import { clientFaults } from "./client-faults.ts";
import { leaseFaults } from "./lease-faults.ts";
import { listFaults } from "./list-faults.ts";
import { queueFaults } from "./queue-faults.ts";
import { serviceFaults } from "./service-faults.ts";
import { treeFaults } from "./tree-faults.ts";

/** A small break of the code that breaks a promise. */
export interface PlantedFault {
  /** What the broken code does. */
  readonly name: string;
  /** The scenario that has to catch it. */
  readonly scenario: string;
  /** The text to replace, which stands in the file exactly once. */
  readonly edits: readonly {
    readonly file: string;
    readonly before: string;
    readonly after: string;
  }[];
}

/** Every break that the lab has to catch. */
export const plantedFaults: readonly PlantedFault[] = [
  ...serviceFaults,
  ...leaseFaults,
  ...queueFaults,
  ...treeFaults,
  ...listFaults,
  ...clientFaults,
];

/** The lab waits most of the time. */
const AT_ONCE = 3;

interface Options {
  /** Only faults that one of these scenarios has to catch. */
  readonly names: readonly string[];
  readonly seed: number;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Plants each fault in its own copy of the project, and runs the lab on it. */
export async function runPlanted({ names, seed, progress, signal }: Options): Promise<Outcome> {
  const faults = plantedFaults.filter(({ scenario }) => names.includes(scenario));
  const root = temporaryFolder();
  const rows = new Map<string, readonly string[]>();
  const missed: string[] = [];
  await concurrently(faults.entries(), AT_ONCE, async ([number, fault]) => {
    const { name, scenario } = fault;
    const folder = join(root, String(number));
    await mkdir(folder);
    await plant(fault, folder);
    const caught = await catchIn(folder, scenario, seed, signal).catch((error: Error) => {
      throw new Error(`with "${name}" planted, ${error.message}`);
    });
    await rm(folder, { recursive: true });
    if (caught === null) missed.push(name);
    rows.set(name, [name, scenario, caught ?? "NOT CAUGHT"]);
    progress(`${rows.size} of ${faults.length}: ${name}: ${caught ?? "NOT CAUGHT"}`);
  });
  const found = faults.map(({ name }) => rows.get(name) ?? [name]);
  return {
    table: [["what was broken", "scenario", "what caught it"], ...found],
    violations: [],
    isGood: missed.length === 0,
    verdict:
      missed.length === 0
        ? `all ${faults.length} planted faults were caught`
        : `not caught: ${missed.join("; ")}`,
  };
}

/** Returns the promises that the lab found broken; null: none. */
async function catchIn(
  folder: string,
  scenario: string,
  seed: number,
  signal: AbortSignal,
): Promise<string | null> {
  const json = join(folder, "outcome.json");
  const args = [scenario, "--short", "--stop-at-first", "--seed", String(seed), "--json", json];
  const lab = spawn(process.execPath, [join(folder, "test/faults/main.ts"), ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  lab.stderr.on("data", (data) => {
    words += data;
  });
  const end = () => lab.kill("SIGTERM");
  signal.addEventListener("abort", end);
  const [code] = await once(lab, "close");
  signal.removeEventListener("abort", end);
  if (code === 0) return null;
  // It writes down what it found, unless it fails before.
  if (!existsSync(json)) throw new Error(`${scenario} itself failed with code ${code}: ${words}`);
  const { violations }: Outcome = JSON.parse(await readFile(json, "utf8"));
  const counts = Map.groupBy(violations, ({ invariant }) => invariant);
  return [...counts].map(([invariant, { length }]) => `${invariant} × ${length}`).join(", ");
}

/** The parts of the project that the lab needs. */
const PARTS = [
  "package.json",
  "tsconfig.json",
  "wrangler.toml",
  "src",
  "console",
  "worker-client",
  "scripts",
  "test",
];

/** Copies the project into a folder and breaks the copy. */
async function plant(fault: PlantedFault, folder: string): Promise<void> {
  for (const part of PARTS) {
    await cp(join(projectFolder, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.endsWith(`${sep}dist`),
    });
  }
  await symlink(join(projectFolder, "node_modules"), join(folder, "node_modules"));
  for (const { file, before, after } of fault.edits) {
    const text = await readFile(join(folder, file), "utf8");
    const [start = "", end, ...more] = text.split(before);
    if (end === undefined || more.length > 0) {
      throw new Error(
        `"${fault.name}" cannot be planted: ${file} does not have exactly one: ${before}`,
      );
    }
    await writeFile(join(folder, file), start + after + end);
  }
}
