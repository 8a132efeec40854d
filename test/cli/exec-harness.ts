import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { onTestFinished } from "vitest";
import { descendantsOf } from "../scripts/processes.ts";
import { type CliRuntime, cliIn } from "./harness.ts";

interface Options {
  readonly url: string;
  readonly task: string;
  /** Between `exec` and the task. */
  readonly flags?: readonly string[];
  readonly runtime?: CliRuntime;
  readonly environment?: Readonly<Record<string, string>>;
  /** What runs it, such as unshare(1). */
  readonly under?: readonly string[];
  /** Takes what the command writes, in place of `stdout`. */
  readonly onStdout?: (data: Uint8Array) => void;
}

interface End {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `edge-canceler exec` as a process of its own, without a terminal. */
export class RunningExec implements AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout = new Transcript();
  readonly stderr = new Transcript();
  /** Resolves when nobody writes to its stdout any more. */
  readonly stdoutClosed: Promise<unknown>;
  readonly ended: Promise<End>;
  readonly #process: ChildProcess;
  readonly #end: () => void;

  constructor(command: readonly string[], options: Options) {
    const { url, task, flags = [], runtime = "node", environment, under = [] } = options;
    const exec = [...cliIn(runtime), "exec", ...flags, task, "--", ...command];
    const [file = "", ...args] = [...under, ...exec];
    const child = spawn(file, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", EDGE_CANCELER_URL: url, ...environment },
      // A session of its own, so that the terminal of whoever runs the tests is not its own too.
      detached: true,
    });
    this.#process = child;
    this.#end = endWithTest(this.pid, `EDGE_CANCELER_TASK=${task}`);
    this.stdin = child.stdin;
    if (options.onStdout) child.stdout.on("data", options.onStdout);
    else this.stdout.follow(child.stdout);
    this.stdoutClosed = once(child.stdout, "end");
    this.stderr.follow(child.stderr);
    this.ended = once(child, "close").then(([exitCode, signal]) => ({ exitCode, signal }));
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error("it does not start");
    return this.#process.pid;
  }

  get exitCode(): Promise<number | null> {
    return this.ended.then(({ exitCode }) => exitCode);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await this.ended;
  }
}

/** A command that says whether it knows its attempt, and ends when it is told so. */
export const UNTIL_TOLD = [
  "sh",
  "-c",
  'echo "pid $$, attempt $(printenv EDGE_CANCELER_ATTEMPT || echo unknown)"; read _',
];

/** Whether this machine has the script(1) of util-linux, which makes a terminal of a pipe. */
export const hasScript = /util-linux/.test(
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "",
);

const INTERACTIVE_SHELL = "bash --norc --noprofile --noediting -i";

/** A terminal with a shell in it that knows jobs, as a user sits before it. */
export class Terminal implements AsyncDisposable {
  /** What is to be seen on it, with what was typed. */
  readonly screen = new Transcript();
  readonly #process: ChildProcess;
  readonly #end: () => void;
  readonly #ended: Promise<unknown>;

  constructor(environment: Readonly<Record<string, string>>, command = INTERACTIVE_SHELL) {
    const child = spawn("script", ["--quiet", "--flush", "--command", command, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PS1: "$ ", TERM: "dumb", ...environment },
      detached: true,
    });
    if (child.pid === undefined) throw new Error("script does not start");
    this.#process = child;
    this.#end = endWithTest(child.pid);
    this.screen.follow(child.stdout);
    this.#ended = once(child, "close");
  }

  /** Types a line. */
  line(text: string): void {
    this.key(`${text}\n`);
  }

  /** Types what is no line: a key with Ctrl, for example. */
  key(text: string): void {
    this.#process.stdin?.write(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await this.#ended;
  }
}

const PATIENCE_MS = 30_000;

/** What was said so far, and somebody who waits for a word. */
class Transcript {
  #text = "";
  readonly #listeners = new Set<() => void>();

  follow(stream: Readable): void {
    stream.on("data", (data) => {
      this.#text += data;
      for (const listener of this.#listeners) listener();
    });
  }

  get text(): string {
    return this.#text;
  }

  /** Waits until it matches; answers the first group of the match, or all of it. Throws after 30 s. */
  async match(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) return match[1] ?? match[0];
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          this.#listeners.delete(listener);
          reject(new Error(`${pattern} is not in ${JSON.stringify(this.#text)}`));
        }, PATIENCE_MS);
        const listener = () => {
          clearTimeout(timer);
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }
}

/**
 * Ends what a test has started when the test is over, also by its time limit: the process, by its
 * number, and what it has started in turn. `mark` is a variable that only this test's processes have
 * in their environment, by which those are found that left the family (on Linux).
 */
export function endWithTest(pid: number, mark?: string): () => void {
  const startedAt = startOf(pid);
  const end = () => {
    // A number that another process has by now is none of ours.
    const isOurs = startedAt !== null && startOf(pid) === startedAt;
    const family = isOurs ? [...descendantsOf(pid), pid] : [];
    for (const each of [...family, ...(mark === undefined ? [] : marked(mark))]) kill(each);
  };
  onTestFinished(end);
  return end;
}

function marked(mark: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(mark)).map(Number);
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")")).split(" ")[20] ?? null;
  } catch {
    return null;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
