import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { until } from "../../scripts/until.ts";

/** `edge-canceler` as a process that goes on while a test looks at what it says. */
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

  /** Waits until it has said something on either stream. */
  says(words: string): Promise<void> {
    return until(`it says ${words}`, () => (this.#stdout + this.#stderr).includes(words));
  }

  type(text: string): void {
    this.#process.stdin?.write(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Its exit code, when it has ended; the name of a signal if one ended it. */
  async exitCode(): Promise<unknown> {
    const [code, signal] = await this.#ended;
    return code ?? signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
