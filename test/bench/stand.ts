import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { serveBundle, serviceLog } from "../../scripts/serve-bundle.ts";
import { processUsage } from "../lab/measure.ts";
import type { Bench } from "./bench.ts";
import { type Job, OUTCOME, type Outcome, type Side } from "./load/job.ts";

type Each<Result> = { readonly [side in Side]: Result };
/** Settings of a service. */
type Vars = Readonly<Record<string, string>>;

/** The floor and the service, up side by side; or the service twice, with different settings. */
export class Pair implements AsyncDisposable {
  readonly floor: Stand;
  readonly product: Stand;
  readonly #productFirst: boolean;

  private constructor(floor: Stand, product: Stand, productFirst: boolean) {
    this.floor = floor;
    this.product = product;
    this.#productFirst = productFirst;
  }

  /** Who goes first changes with the round, so that neither always finds the machine as the other left it. */
  static async start(bench: Bench, round = 0): Promise<Pair> {
    const floor = await Stand.start(bench, "floor");
    return new Pair(floor, await Stand.start(bench, "product"), round % 2 === 1);
  }

  /** In place of the floor stands the service with other settings. */
  static async ofServices(bench: Bench, round: number, vars: Each<Vars>): Promise<Pair> {
    const floor = await Stand.start(bench, "product", vars.floor);
    const product = await Stand.start(bench, "product", vars.product);
    return new Pair(floor, product, round % 2 === 1);
  }

  /** Does the same with one side and then with the other. */
  async inTurn<Result>(act: (stand: Stand) => Promise<Result>): Promise<Each<Result>> {
    if (this.#productFirst) {
      const product = await act(this.product);
      return { floor: await act(this.floor), product };
    }
    const floor = await act(this.floor);
    return { floor, product: await act(this.product) };
  }

  /** Does the same with both at once: for what is not timed. */
  async atOnce<Result>(act: (stand: Stand) => Promise<Result>): Promise<Each<Result>> {
    const [floor, product] = await Promise.all([act(this.floor), act(this.product)]);
    return { floor, product };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.floor[Symbol.asyncDispose]();
    await this.product[Symbol.asyncDispose]();
  }
}

interface StandParts {
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

  private constructor({ side, load, servicePid, startUpMs, end }: StandParts) {
    this.side = side;
    this.load = load;
    this.startUpMs = startUpMs;
    this.#servicePid = servicePid;
    this.#end = end;
  }

  static async start(bench: Bench, side: Side, vars: Vars = {}): Promise<Stand> {
    const { bundles, folder, signal, log } = bench;
    await using end = new AsyncDisposableStack();
    const data = end.use(await mkdtempDisposable(join(folder, "data-")));
    const beganAtMs = performance.now();
    const service = await serveBundle({
      ...bundles[side],
      vars: { ...bundles[side].vars, ...vars },
      dataFolder: data.path,
      port: 0,
      log: "pipe",
      signal,
    });
    const startUpMs = performance.now() - beganAtMs;
    const { pid: servicePid, stderr } = service.process;
    if (servicePid === undefined || !stderr) throw new Error("the service has no log");
    serviceLog(stderr, (line) => log.push(`${side}: ${line}`));
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

const ANSWER = v.union([v.object({ outcome: OUTCOME }), v.object({ failure: v.string() })]);
const ENDED = { failure: "the load generator ended" };

interface GeneratorOptions {
  readonly side: Side;
  readonly serviceUrl: string;
  readonly servicePid: number;
  readonly signal: AbortSignal;
}

/** Loads one service from a process of its own, so that the generator's work is not the service's. */
class LoadGenerator {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor({ side, serviceUrl, servicePid, signal }: GeneratorOptions) {
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

/** Lets a service and its generator do everything once before it counts. */
export async function warmUp({ size }: Bench, stand: Stand): Promise<void> {
  const tasks = size.warmUpTasks;
  const some = { group: "warm", tasks };
  await stand.run(some.group, tasks, "socket");
  for (const ask of ["read", "cancel", "again"] as const) {
    await stand.load.do({ kind: "ask", ask, ...some, requests: 4 * tasks, connections: 4 });
  }
  await stand.load.do({ kind: "release" });
}

/** Waits until every object is asleep. */
export async function untilAsleep({ size, signal }: Bench): Promise<void> {
  await sleep(size.idleSeconds * 1000, null, { signal });
}
