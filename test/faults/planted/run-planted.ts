import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../../../scripts/temporary-folder.ts";
import { concurrently } from "../concurrently.ts";
import type { Outcome } from "../outcome.ts";
import { plant } from "./plant.ts";
import { plantedFaults } from "./planted-faults.ts";

/** Most of the time the lab waits for something that does not happen. */
const AT_ONCE = 3;

interface Options {
  readonly seed: number;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Plants every fault in a copy of the project of its own, and sets the lab on it. */
export async function runPlanted({ seed, progress, signal }: Options): Promise<Outcome> {
  const root = temporaryFolder();
  const rows = new Map<string, readonly string[]>();
  const missed: string[] = [];
  await concurrently(plantedFaults.entries(), AT_ONCE, async ([number, fault]) => {
    const { name, scenario } = fault;
    const folder = join(root, String(number));
    await mkdir(folder);
    await plant(fault, folder);
    const caught = await catchIn(folder, scenario, seed, signal);
    await rm(folder, { recursive: true });
    if (caught === null) missed.push(name);
    rows.set(name, [name, scenario, caught ?? "NOT CAUGHT"]);
    progress(`${rows.size} of ${plantedFaults.length}: ${name}: ${caught ?? "NOT CAUGHT"}`);
  });
  const found = plantedFaults.map(({ name }) => rows.get(name) ?? [name]);
  return {
    table: [["what was broken", "scenario", "what caught it"], ...found],
    violations: [],
    isGood: missed.length === 0,
    verdict:
      missed.length === 0
        ? `all ${plantedFaults.length} planted faults were caught`
        : `not caught: ${missed.join("; ")}`,
  };
}

/** The promise that the lab found broken; null if it found none. */
async function catchIn(
  folder: string,
  scenario: string,
  seed: number,
  signal: AbortSignal,
): Promise<string | null> {
  const json = join(folder, "outcome.json");
  const args = [scenario, "--short", "--seed", String(seed), "--json", json];
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
  // It writes down what it found, unless it did not get that far.
  if (!existsSync(json)) throw new Error(`the lab itself failed in the copy (${code}): ${words}`);
  const { violations }: Outcome = JSON.parse(await readFile(json, "utf8"));
  const counts = Map.groupBy(violations, ({ invariant }) => invariant);
  return [...counts].map(([invariant, { length }]) => `${invariant} × ${length}`).join(", ");
}
