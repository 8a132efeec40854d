import { askClient } from "./ask-client.ts";
import { connectedClient } from "./connected-client.ts";
import type { Dialect } from "./dialect.ts";
import { inLanes } from "./in-lanes.ts";
import type { Job } from "./job.ts";
import type { Stopwatch } from "./stopwatch.ts";

interface Options {
  readonly serviceUrl: string;
  readonly dialect: Dialect;
  readonly job: Extract<Job, { kind: "ask" }>;
  readonly answered: Stopwatch;
}

/** So many requests to the tasks of a group in turn, each connection with one at a time. */
export async function askTasks({ serviceUrl, dialect, job, answered }: Options): Promise<void> {
  const ask = dialect.asks[job.ask];
  const clients = await Promise.all(
    Array.from({ length: job.connections }, () => connectedClient(serviceUrl)),
  );
  await inLanes(clients, job.requests, async (client, number) => {
    const beganAtMs = performance.now();
    await askClient(client, ask, `${job.group}-${number % job.tasks}`);
    answered.note(beganAtMs, performance.now());
  });
  await Promise.all(clients.map((client) => client.close()));
}
