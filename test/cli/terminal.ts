import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { endWithTest } from "./end-with-test.ts";
import { Transcript } from "./transcript.ts";

/** Whether this machine has the script(1) of util-linux, which makes a terminal of a pipe. */
export const hasScript = /util-linux/.test(
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "",
);

/** A terminal with a shell in it that knows jobs, as a user sits before it. */
export class Terminal implements AsyncDisposable {
  /** What is to be seen on it, with what was typed. */
  readonly screen = new Transcript();
  readonly #process: ChildProcess;
  readonly #end: () => void;
  readonly #ended: Promise<unknown>;

  constructor(environment: Readonly<Record<string, string>>) {
    const shell = "bash --norc --noprofile --noediting -i";
    const child = spawn("script", ["--quiet", "--flush", "--command", shell, "/dev/null"], {
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
