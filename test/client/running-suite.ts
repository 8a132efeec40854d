import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Lane } from "./lanes.ts";
import type { Outcome } from "./suite/outcome.ts";
import type { SuiteOptions } from "./suite/suite-options.ts";

interface Settings {
  readonly lane: Lane;
  /** The path of the bundled suite. */
  readonly suite: string;
  readonly serviceUrl: string;
  /** Where the lane may leave its files. */
  readonly folder: string;
}

/** The portable suite, as it runs in a process of its own. */
export class RunningSuite {
  readonly #process: ChildProcess;
  readonly #outcomes = new Map<string, PromiseWithResolvers<Outcome>>();
  readonly #ended: Promise<string>;

  constructor({ lane, suite, serviceUrl, folder }: Settings) {
    const options: SuiteOptions = { url: serviceUrl, transport: lane.transport };
    const [file, ...args] = lane.command;
    const child = spawn(file, [...args, suite, JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TMPDIR: folder, DENO_DIR: folder, NO_COLOR: "1" },
      // A group of its own, so that a browser goes with its launcher.
      detached: true,
    });
    this.#process = child;
    let words = "";
    child.stderr.on("data", (data) => {
      words += data;
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const outcome = outcomeIn(line);
      if (outcome === null) words += `${line}\n`;
      else this.#of(outcome.name).resolve(outcome);
    });
    this.#ended = once(child, "close").then(([code, signal]) => {
      const end = `exit code ${code ?? signal}\n${words}`;
      for (const { reject } of this.#outcomes.values()) reject(new Error(end));
      return end.trim();
    });
  }

  /** What comes of a case; rejects if the process ends without it. */
  async outcome(name: string): Promise<Outcome> {
    const early = this.#ended.then((end) => {
      throw new Error(end);
    });
    return Promise.race([this.#of(name).promise, early]);
  }

  /** How the process ended, by itself: its exit code, and whatever else it said. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null)
      process.kill(-pid, "SIGKILL");
    await this.#ended;
  }

  #of(name: string): PromiseWithResolvers<Outcome> {
    const known = this.#outcomes.get(name) ?? Promise.withResolvers<Outcome>();
    // Who does not wait for it is not bothered by it.
    known.promise.catch(() => {});
    this.#outcomes.set(name, known);
    return known;
  }
}

function outcomeIn(line: string): Outcome | null {
  return line.startsWith('{"name":') ? JSON.parse(line) : null;
}
