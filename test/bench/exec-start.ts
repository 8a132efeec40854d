import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { temporaryFolder } from "../../scripts/folders.ts";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { textTable } from "../../scripts/text-table.ts";
import { CLI_RUNTIMES } from "../cli/harness.ts";
import { endedChildrenCpuSeconds, median } from "../lab/measure.ts";

/** What `edge-canceler exec` adds to the start of a command, under one runtime. */
export interface ExecStartCost {
  readonly runtime: string;
  /** `true`, called directly: the median over all rounds, in milliseconds. */
  readonly commandMs: number;
  /** The runtime, running an empty program. */
  readonly runtimeMs: number;
  /** `edge-canceler exec TASK -- true`, from its start to its end, with the report. */
  readonly execMs: number;
  /** The median of the rounds' own differences: exec without the runtime and the command. */
  readonly addedMs: number;
  /** What exec computed more than the empty program, both in the round that took least. */
  readonly addedCpuMs: number;
}

const MAX_ADDED_MS = 150;

/** `npm run bench -- exec`: what `edge-canceler exec` adds to the start of a command. */
export async function showExecStart(signal: AbortSignal): Promise<void> {
  const folder = temporaryFolder();
  const bundle = await bundleWorker({ folder });
  const costs = await measureExecStart({ bundle, folder, rounds: 15, signal });
  const ms = (milliseconds: number) => `${milliseconds.toFixed(0)} ms`;
  console.log(
    textTable([
      ["exec -- true, median", "true", "empty program", "exec", "exec adds", "at most"],
      ...costs.map(({ runtime, commandMs, runtimeMs, execMs, addedMs }) => [
        runtime,
        ms(commandMs),
        ms(runtimeMs),
        ms(execMs),
        ms(addedMs),
        ms(MAX_ADDED_MS),
      ]),
    ]),
  );
}

interface MeasureOptions {
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
export async function measureExecStart(options: MeasureOptions): Promise<readonly ExecStartCost[]> {
  const { bundle, folder, rounds, signal } = options;
  const vars = { AUTH: "none" };
  const service = await serveBundle({ bundle, dataFolder: folder, port: 0, vars, signal });
  try {
    const emptyProgram = join(folder, "empty.js");
    await writeFile(emptyProgram, "");
    const environment = { ...process.env, EDGE_CANCELER_URL: service.url };
    const timeOf = (command: readonly string[]) => measure(command, environment, signal);

    const costs: ExecStartCost[] = [];
    for (const [runtime, command] of Object.entries(CLI_RUNTIMES)) {
      const round = async (number: number) => {
        const task = `${runtime}-${number}`;
        const exec = await timeOf([...command, "exec", task, "--", "true"]);
        const empty = await timeOf([...command.slice(0, -1), emptyProgram]);
        return { exec, empty, none: await timeOf(["true"]) };
      };
      // The first one reads the files from the disk, and Deno compiles what it has not seen.
      await round(0);
      const times: Awaited<ReturnType<typeof round>>[] = [];
      for (let number = 1; number <= rounds; number++) times.push(await round(number));
      const leastCpuMs = (command: "exec" | "empty") =>
        Math.min(...times.map((round) => round[command].cpuMs));
      costs.push({
        runtime,
        commandMs: median(times.map(({ none }) => none.wallMs)),
        runtimeMs: median(times.map(({ empty }) => empty.wallMs)),
        execMs: median(times.map(({ exec }) => exec.wallMs)),
        addedMs: median(
          times.map(({ exec, empty, none }) => exec.wallMs - empty.wallMs - none.wallMs),
        ),
        addedCpuMs: leastCpuMs("exec") - leastCpuMs("empty"),
      });
    }
    return costs;
  } finally {
    await service.stop();
  }
}

async function measure(
  [file = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ wallMs: number; cpuMs: number }> {
  const cpuBefore = endedChildrenCpuSeconds();
  const beganAtMs = performance.now();
  const child = spawn(file, args, { stdio: "ignore", env, signal });
  const [code] = await once(child, "exit");
  const wallMs = performance.now() - beganAtMs;
  if (code !== 0) throw new Error(`${[file, ...args].join(" ")} ended with ${code}`);
  return { wallMs, cpuMs: (endedChildrenCpuSeconds() - cpuBefore) * 1000 };
}
