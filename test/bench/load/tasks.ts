import type { Client } from "undici";
import { type Dialect, productDialect } from "./dialects.ts";
import type { Job } from "./job.ts";
import { askClient, connectedClient } from "./requests.ts";
import type { Stopwatch } from "./stopwatch.ts";
import type { Watcher } from "./watchers.ts";

interface AskTasksOptions {
  readonly serviceUrl: string;
  readonly dialect: Dialect;
  readonly job: Extract<Job, { kind: "ask" }>;
  readonly answered: Stopwatch;
}

/** So many requests to the tasks of a group in turn, each connection with one at a time. */
export async function askTasks({
  serviceUrl,
  dialect,
  job,
  answered,
}: AskTasksOptions): Promise<void> {
  const ask = dialect.asks[job.ask];
  const { first = 0 } = job;
  const clients = await connectedClients(serviceUrl, job.connections);
  await inLanes(clients, job.requests, async (client, number) => {
    const beganAtMs = performance.now();
    await askClient(client, ask, idOf(job, (first + number) % job.tasks));
    answered.note(beganAtMs, performance.now());
  });
  await Promise.all(clients.map((client) => client.close()));
}

/** Brings the children of one parent to where they run, each connection one after the other. */
export async function makeChildren(
  serviceUrl: string,
  job: Extract<Job, { kind: "make children" }>,
): Promise<void> {
  const { create, start } = productDialect.asks;
  const declaration: object = JSON.parse(create.body ?? "{}");
  const declare = { ...create, body: JSON.stringify({ ...declaration, parent: job.group }) };
  const clients = await connectedClients(serviceUrl, job.connections);
  await inLanes(clients, job.tasks, async (client, number) => {
    const id = idOf(job, (job.first ?? 0) + number);
    for (const ask of [declare, start]) await askClient(client, ask, id);
  });
  await Promise.all(clients.map((client) => client.close()));
}

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
      const id = idOf(job, number % job.tasks);
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
      const id = idOf(job, number);
      const watchers = this.#watchers.get(id) ?? [];
      const beganAtMs = performance.now();
      const answer = askClient(client, ask, id).then(() => performance.now());
      const toldAtMs = await Promise.all(watchers.map((watcher) => watcher.toldAtMs));
      for (const atMs of toldAtMs) told.note(beganAtMs, atMs);
      answered.note(beganAtMs, await answer);
    }
    await client.close();
  }

  /** All tasks of a group at once: the clock starts before the first request goes out. */
  async tellAll(
    job: Extract<Job, { kind: "tell all" }>,
    answered: Stopwatch,
    told: Stopwatch,
  ): Promise<void> {
    const { cancel } = productDialect.asks;
    const ids = Array.from({ length: job.tasks }, (_, number) => idOf(job, number));
    const watchers = ids.flatMap((id) => this.#watchers.get(id) ?? []);
    const clients = await connectedClients(this.#serviceUrl, job.connections);
    const beganAtMs = performance.now();
    const asked = inLanes(
      clients,
      job.cancel === "each" ? ids.length : 1,
      async (client, number) => {
        // Nobody runs the parent, so its cancel ends it at once.
        if (job.cancel === "parent") await askClient(client, { ...cancel, status: 200 }, job.group);
        else await askClient(client, cancel, idOf(job, number));
        answered.note(beganAtMs, performance.now());
      },
    );
    const toldAtMs = await Promise.all(watchers.map((watcher) => watcher.toldAtMs));
    for (const atMs of toldAtMs) told.note(beganAtMs, atMs);
    await asked;
    await Promise.all(clients.map((client) => client.close()));
  }

  async release(): Promise<void> {
    const watchers = [...this.#watchers.values()].flat();
    this.#watchers.clear();
    await Promise.all(watchers.map((watcher) => watcher.close()));
  }
}

function idOf({ group }: { readonly group: string }, number: number): string {
  return `${group}-${number}`;
}

function connectedClients(serviceUrl: string, connections: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: connections }, () => connectedClient(serviceUrl)));
}

/** Calls `act` with 0, 1, 2 and so on, one after the other in each lane; a lane has what it is made with. */
async function inLanes<Lane>(
  lanes: readonly Lane[],
  count: number,
  act: (lane: Lane, number: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const drive = async (lane: Lane) => {
    while (next < count) await act(lane, next++);
  };
  await Promise.all(lanes.map(drive));
}
