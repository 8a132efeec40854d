import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as v from "valibot";
import type { Job } from "./load/job.ts";
import { OUTCOME, type Outcome } from "./load/outcome.ts";
import type { Side } from "./load/side.ts";

const ANSWER = v.union([v.object({ outcome: OUTCOME }), v.object({ failure: v.string() })]);
const ENDED = { failure: "the load generator ended" };

interface Options {
  readonly side: Side;
  readonly serviceUrl: string;
  readonly servicePid: number;
  readonly signal: AbortSignal;
}

/** Loads one service from a process of its own, so that the generator's work is not the service's. */
export class LoadGenerator {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor({ side, serviceUrl, servicePid, signal }: Options) {
    const script = join(import.meta.dirname, "load", "main.ts");
    this.#process = fork(script, [serviceUrl, String(servicePid), side]);
    this.#ended = once(this.#process, "exit");
    signal.addEventListener("abort", () => this.#process.kill("SIGKILL"));
  }

  /** Does a job, and answers what came of it. */
  async do(job: Job): Promise<Outcome> {
    const answer = new Promise((resolve) => this.#process.once("message", resolve));
    this.#process.send(job);
    const done = v.parse(ANSWER, await Promise.race([answer, this.#ended.then(() => ENDED)]));
    if ("outcome" in done) return done.outcome;
    throw new Error(`${done.failure}, while it did ${JSON.stringify(job)}`);
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
