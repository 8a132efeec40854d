import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { CLI_RUNTIMES } from "./cli-runtimes.ts";
import { endWithTest } from "./end-with-test.ts";
import { Transcript } from "./transcript.ts";

interface Options {
  readonly url: string;
  readonly task: string;
  /** Between `exec` and the task. */
  readonly flags?: readonly string[];
  readonly runtime?: keyof typeof CLI_RUNTIMES;
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
    const exec = [...CLI_RUNTIMES[runtime], "exec", ...flags, task, "--", ...command];
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
