import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { RUNTIMES } from "./runtimes.ts";

export interface DemoWorker {
  readonly runtime: keyof typeof RUNTIMES;
  readonly id: string;
  /** What it shows to the service; undefined where no token is asked for. */
  readonly token: string | undefined;
  readonly process: ChildProcess;
}

interface Options {
  readonly runtime: DemoWorker["runtime"];
  readonly id: string;
  readonly url: string;
  /** Goes through its environment: arguments can be read by whoever can list processes. */
  readonly token: string | undefined;
  /** Called for every line that the worker prints. */
  readonly onLine: (line: string) => void;
}

/** Starts scripts/demo-worker.ts as a process of its own. */
export function startDemoWorker({ runtime, id, url, token, onLine }: Options): DemoWorker {
  const [command, ...args] = RUNTIMES[runtime];
  const script = fileURLToPath(new URL("demo-worker.ts", import.meta.url));
  const child = spawn(command, [...args, script, url, id], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, EDGE_CANCELER_TOKEN: token },
  });
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", onLine);
  }
  return { runtime, id, token, process: child };
}
