import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { projectFolder } from "../../scripts/folders.ts";
import { until } from "../../scripts/until.ts";
import type { TaskClient, TaskState } from "../../worker-client/index.ts";
import { machineNode } from "../client/runtimes.ts";
import { eventually } from "../client/suite/harness.ts";

const main = join(projectFolder, "worker-client/dist/cli/main.js");

/** How each runtime runs the command that is built. */
export const CLI_RUNTIMES = {
  node: [process.execPath, main],
  deno: ["deno", "run", "--no-lock", "-A", main],
  bun: ["bun", main],
} as const;

/** `machine`: the Node that the machine has itself, where it is another one. */
export type CliRuntime = keyof typeof CLI_RUNTIMES | "machine";

/** Returns what runs the command that is built, in a runtime. */
export function cliIn(runtime: CliRuntime): readonly string[] {
  if (runtime !== "machine") return CLI_RUNTIMES[runtime];
  return [machineNode()?.path ?? process.execPath, main];
}

interface Options {
  readonly runtime?: CliRuntime;
  /** Default: this process's own, without the command's settings. */
  readonly environment?: Readonly<Record<string, string>>;
}

interface End {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `edge-canceler` as a process of its own until it ends. */
export async function runCli(args: readonly string[], options: Options = {}): Promise<End> {
  const [file = "", ...before] = cliIn(options.runtime ?? "node");
  const child = spawn(file, [...before, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", ...options.environment },
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode, stdout, stderr };
}

/** A process, such as `edge-canceler`, that runs while a test looks at what it prints. */
export class WatchedCli implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #stdout = "";
  #stderr = "";

  constructor([file, ...args]: readonly [string, ...string[]]) {
    const child = spawn(file, args, { stdio: "pipe", env: { ...process.env, NO_COLOR: "1" } });
    child.stdout.on("data", (data) => {
      this.#stdout += data;
    });
    child.stderr.on("data", (data) => {
      this.#stderr += data;
    });
    this.#process = child;
    this.#ended = once(child, "close");
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits until it has printed something on either stream. */
  says(words: string): Promise<void> {
    return until(`it says ${words}`, () => (this.#stdout + this.#stderr).includes(words));
  }

  type(text: string): void {
    this.#process.stdin?.write(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves when it has ended: with its exit code, or the name of the signal that ended it. */
  async exitCode(): Promise<unknown> {
    const [code, signal] = await this.#ended;
    return code ?? signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}

/** Whether this machine has the script(1) of util-linux, which makes a terminal of a pipe. */
export const hasTerminal = /util-linux/.test(
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "",
);

/** `edge-canceler` on a terminal of its own, with these variables besides those of this process. */
export function onTerminal(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = { NO_COLOR: "1" },
): WatchedCli {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const command = ["env", "-u", "NO_COLOR", ...variables, ...CLI_RUNTIMES.node, ...args];
  const quoted = command.map((word) => `'${word}'`).join(" ");
  return new WatchedCli(["script", "-qefc", quoted, "/dev/null"]);
}

const SLOW_START =
  /^edge-canceler: the service cannot be reached(?: \([^\n]+\))?: the command runs anyway, and hears of cancels later\n/;

/**
 * What exec said, but for its line about a service that has not answered within two seconds, which the tests'
 * own may need on a busy machine.
 */
export function withoutSlowStart(said: string): string {
  return said.replace(SLOW_START, "");
}

/** A task id that no other test uses. */
export function newTaskId(): string {
  return `exec-${crypto.randomUUID()}`;
}

/** Waits until somebody watches a task. */
export async function untilWatched(tasks: TaskClient, id: string): Promise<TaskState | null> {
  return eventually(
    () => tasks.get(id),
    (task) => (task?.watchers ?? 0) > 0,
  );
}

/** Running tasks of a name that no other test has, which the directory knows. */
export async function runningTasks(tasks: TaskClient, count: number): Promise<string> {
  const name = `many/${crypto.randomUUID().slice(0, 8)}`;
  for (let index = 0; index < count; index++) await tasks.start(`${name}-${index}`);
  await eventually(
    () => tasks.listPage({ prefix: name, status: "running" }),
    (page) => page.tasks.length === count,
  );
  return name;
}
