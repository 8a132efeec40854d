import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serveBundle } from "../../../scripts/serve-bundle.ts";
import { CLI_RUNTIMES } from "../../cli/harness.ts";
import { median } from "../../lab/measure.ts";
import type { ExecStartCost } from "./exec-start-cost.ts";

interface Options {
  readonly bundle: string;
  /** Where the service keeps its state. */
  readonly folder: string;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `true` by `exec`, an empty program of the same runtime, and `true` itself, in turn. Needs
 * the command as it is built.
 */
export async function measureExecStart(options: Options): Promise<readonly ExecStartCost[]> {
  const { bundle, folder, rounds, signal } = options;
  const vars = { AUTH: "none" };
  const service = await serveBundle({ bundle, dataFolder: folder, port: 0, vars, signal });
  try {
    const empty = join(folder, "empty.js");
    await writeFile(empty, "");
    const environment = { ...process.env, EDGE_CANCELER_URL: service.url };
    const timeOf = (command: readonly string[]) => wallMs(command, environment, signal);

    const costs: ExecStartCost[] = [];
    for (const [runtime, command] of Object.entries(CLI_RUNTIMES)) {
      const round = async (number: number) => {
        const task = `${runtime}-${number}`;
        const execMs = await timeOf([...command, "exec", task, "--", "true"]);
        const runtimeMs = await timeOf([...command.slice(0, -1), empty]);
        return { execMs, runtimeMs, commandMs: await timeOf(["true"]) };
      };
      // The first one reads the files from the disk, and Deno compiles what it has not seen.
      await round(0);
      const times = [];
      for (let number = 1; number <= rounds; number++) times.push(await round(number));
      costs.push({
        runtime,
        commandMs: median(times.map(({ commandMs }) => commandMs)),
        runtimeMs: median(times.map(({ runtimeMs }) => runtimeMs)),
        execMs: median(times.map(({ execMs }) => execMs)),
        addedMs: median(
          times.map(({ execMs, runtimeMs, commandMs }) => execMs - runtimeMs - commandMs),
        ),
      });
    }
    return costs;
  } finally {
    await service.stop();
  }
}

async function wallMs(
  [file = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<number> {
  const beganAtMs = performance.now();
  const child = spawn(file, args, { stdio: "ignore", env, signal });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${[file, ...args].join(" ")} ended with ${code}`);
  return performance.now() - beganAtMs;
}
