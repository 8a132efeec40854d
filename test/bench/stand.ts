import { mkdtempDisposable } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { processUsage } from "../lab/measure.ts";
import type { Bench } from "./bench.ts";
import type { Side } from "./load/side.ts";
import { LoadGenerator } from "./load-generator.ts";

interface Parts {
  readonly side: Side;
  readonly load: LoadGenerator;
  readonly servicePid: number;
  readonly startUpMs: number;
  readonly end: AsyncDisposableStack;
}

/** One side, served afresh with nothing in its storage, and the generator that loads it. */
export class Stand implements AsyncDisposable {
  readonly side: Side;
  readonly load: LoadGenerator;
  /** From the start of the service's process until it listens. */
  readonly startUpMs: number;
  readonly #servicePid: number;
  readonly #end: AsyncDisposableStack;

  private constructor({ side, load, servicePid, startUpMs, end }: Parts) {
    this.side = side;
    this.load = load;
    this.startUpMs = startUpMs;
    this.#servicePid = servicePid;
    this.#end = end;
  }

  static async start({ bundles, folder, signal, log }: Bench, side: Side): Promise<Stand> {
    await using end = new AsyncDisposableStack();
    const data = end.use(await mkdtempDisposable(join(folder, "data-")));
    const beganAtMs = performance.now();
    const service = await serveBundle({
      ...bundles[side],
      dataFolder: data.path,
      port: 0,
      log: "pipe",
      signal,
    });
    const startUpMs = performance.now() - beganAtMs;
    const { pid: servicePid, stderr } = service.process;
    if (servicePid === undefined || !stderr) throw new Error("the service has no log");
    createInterface({ input: stderr }).on("line", (line) => log.push(`${side}: ${line}`));
    const load = new LoadGenerator({ side, serviceUrl: service.url, servicePid, signal });
    end.defer(() => load.stop());
    // It goes first, and is killed, so it cannot complain about clients that leave.
    end.defer(() => service.stop());
    return new Stand({ side, load, servicePid, startUpMs, end: end.move() });
  }

  /** Brings so many tasks of a group to where they run, and watches them if asked to. */
  async run(group: string, tasks: number, watch?: "socket" | "poll"): Promise<void> {
    const some = { group, tasks, requests: tasks, connections: Math.min(tasks, 16) };
    await this.load.do({ kind: "ask", ask: "create", ...some });
    await this.load.do({ kind: "ask", ask: "start", ...some });
    if (watch) await this.load.do({ kind: "park", watch, group, tasks, watchersPerTask: 1 });
  }

  get residentBytes(): number {
    return processUsage(this.#servicePid).residentBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end.disposeAsync();
  }
}
