import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { projectFolder } from "../../scripts/folders.ts";
import { descendantsOf } from "../scripts/processes.ts";

const LOOK_EVERY_MS = 100;

interface RunOptions {
  readonly args: readonly string[];
  readonly temporaryFolder: string;
  /** Ctrl-C is pressed as soon as it says so on stderr. Default: never. */
  readonly interruptAt?: RegExp;
}

interface RunEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Every process that was seen while it ran, npm's own with them. */
  readonly processes: readonly number[];
}

/** `npm run bench`, as a user types it, from its begin to its end. */
export async function benchRun({
  args,
  temporaryFolder,
  interruptAt,
}: RunOptions): Promise<RunEnd> {
  const child = spawn("npm", ["run", "bench", "--", ...args], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: temporaryFolder },
    // A shell gives each command a group of its own too; Ctrl-C goes to all of it.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("npm does not start");
  const processes = new Set([pid]);
  const look = setInterval(() => {
    for (const descendant of descendantsOf(pid)) processes.add(descendant);
  }, LOOK_EVERY_MS);
  let stdout = "";
  let stderr = "";
  let wasInterrupted = false;
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
    if (wasInterrupted || !interruptAt?.test(stderr)) return;
    wasInterrupted = true;
    for (const descendant of descendantsOf(pid)) processes.add(descendant);
    process.kill(-pid, "SIGINT");
  });
  const [code] = await once(child, "close");
  clearInterval(look);
  return { code, stdout, stderr, processes: [...processes] };
}

/** What is left in a temporary folder. Node keeps a cache of compiled code there, whoever runs. */
export async function leftIn(temporaryFolder: string): Promise<string[]> {
  return (await readdir(temporaryFolder)).filter((name) => name !== "node-compile-cache");
}
