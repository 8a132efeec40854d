import { askClient } from "./ask-client.ts";
import { connectedClient } from "./connected-client.ts";
import type { Dialect } from "./dialect.ts";
import { inLanes } from "./in-lanes.ts";
import type { Job } from "./job.ts";
import type { Stopwatch } from "./stopwatch.ts";
import type { Watcher } from "./watcher.ts";

/** So many watchers are on their way to be parked at the same time. */
const AT_ONCE = 50;

/** The watchers that this process holds, by the task that they watch. */
export class ParkedTasks {
  readonly #serviceUrl: string;
  readonly #dialect: Dialect;
  readonly #watchers = new Map<string, Watcher[]>();

  constructor(serviceUrl: string, dialect: Dialect) {
    this.#serviceUrl = serviceUrl;
    this.#dialect = dialect;
  }

  async park(job: Extract<Job, { kind: "park" }>, answered: Stopwatch): Promise<void> {
    const open = this.#dialect.watches[job.watch];
    const lanes = Array.from({ length: AT_ONCE }, () => null);
    await inLanes(lanes, job.tasks * job.watchersPerTask, async (_lane, number) => {
      const id = `${job.group}-${number % job.tasks}`;
      const beganAtMs = performance.now();
      const watcher = await open(this.#serviceUrl, id);
      answered.note(beganAtMs, performance.now());
      const others = this.#watchers.get(id);
      if (others) others.push(watcher);
      else this.#watchers.set(id, [watcher]);
    });
  }

  /** One task after the other: the clock starts before the request goes out, for all its watchers. */
  async tell(
    job: Extract<Job, { kind: "tell" }>,
    answered: Stopwatch,
    told: Stopwatch,
  ): Promise<void> {
    const client = await connectedClient(this.#serviceUrl);
    const ask = this.#dialect.asks[job.ask];
    for (let number = 0; number < job.tasks; number++) {
      const id = `${job.group}-${number}`;
      const watchers = this.#watchers.get(id) ?? [];
      const beganAtMs = performance.now();
      const answer = askClient(client, ask, id).then(() => performance.now());
      const toldAtMs = await Promise.all(watchers.map((watcher) => watcher.toldAtMs));
      for (const atMs of toldAtMs) told.note(beganAtMs, atMs);
      answered.note(beganAtMs, await answer);
    }
    await client.close();
  }

  async release(): Promise<void> {
    const watchers = [...this.#watchers.values()].flat();
    this.#watchers.clear();
    await Promise.all(watchers.map((watcher) => watcher.close()));
  }
}
