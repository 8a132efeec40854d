import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TaskClient } from "../../../worker-client/index.ts";
import { type BilledCounts, mapCounts } from "./billing.ts";
import { lives } from "./lives.ts";
import { measureLives } from "./measure-lives.ts";
import { bundleBuilds, countSocketMessages, type Lab, meteredService } from "./metered-service.ts";

const end = new AsyncDisposableStack();
afterAll(() => end.disposeAsync());

let lab: Lab;
beforeAll(async () => {
  const { path: folder } = end.use(await mkdtempDisposable(`${tmpdir()}/edge-canceler-cost-`));
  const { signal } = new AbortController();
  lab = {
    folder,
    bundles: await bundleBuilds(folder),
    tasks: 3,
    settleSeconds: 0,
    windowSeconds: 0,
    socketMessagesTo: countSocketMessages(),
    signal,
  };
});

const ids = ["one", "two", "three"];

async function serve(build: "service" | "naive") {
  const service = await meteredService(build, lab);
  end.defer(() => service.stop());
  return service;
}

/** What a service counts while something is done. */
async function counted(service: Awaited<ReturnType<typeof serve>>, act: () => Promise<unknown>) {
  const before = await service.read();
  await act();
  const after = await service.read();
  return mapCounts((name) => after[name] - before[name]);
}

/** Tasks that run, and where who has seen their start watches them. */
async function startedTasks() {
  const service = await serve("service");
  const client = new TaskClient({ url: service.url });
  const revisions = await Promise.all(
    ids.map(async (id) => (await client.start(id, { holder: "test" })).revision),
  );
  const urls = ids.map((id, index) => `${service.url}/v1/tasks/${id}?revision=${revisions[index]}`);
  return { service, urls };
}

describe("of what happens to a task, it counts", () => {
  let costs: ReadonlyMap<string, BilledCounts>;
  beforeAll(async () => {
    // Whether a worker stops in time depends on the machine, and a cancel in bulk takes seconds.
    const counted = lives().filter(({ name }) => !/at once|in bulk/.test(name));
    const measured = await measureLives(counted, lab, () => {});
    costs = new Map(measured.map(({ life, each }) => [life.name, each]));
  }, 60_000);
  const costOf = (name: string) => [...costs].find(([life]) => life.includes(name))?.[1];

  it.each([
    ["declared, started, finished", 3],
    ["started, cancelled", 3],
    ["declared, started, cancelled", 4],
  ])("for the directory, if it is %s: %d rows, each in a request", (name, changes) => {
    expect(costOf(`directory: a task that is ${name}`)).toMatchObject({
      workerRequests: 0,
      objectRequests: changes,
      alarms: 0,
      rowsWritten: changes,
    });
  });

  it("for the directory that it stays awake to tell its changes together, except its end", () => {
    const { activeSeconds = 0 } =
      costOf("directory: a task that is declared, started, finished") ?? {};
    expect(activeSeconds).toBeGreaterThanOrEqual(0.2);
  });

  it("for its watchers nothing more with the directory", () => {
    const { activeSeconds: _, ...counts } = costOf("watched") ?? {};
    expect(new Set(Object.values(counts))).toEqual(new Set([0]));
  });

  it("for a child two requests and six rows", () => {
    expect(costOf("a child")).toMatchObject({ objectRequests: 2, alarms: 0, rowsWritten: 6 });
  });

  it("for a webhook's event a request, an alarm and seven rows", () => {
    expect(costOf("an event")).toMatchObject({ objectRequests: 1, alarms: 1, rowsWritten: 7 });
  });
});

describe("the meter counts", () => {
  it("six long polls as six requests and six upgrades, and nothing for their ends", async () => {
    const { service, urls } = await startedTasks();
    const counts = await counted(service, () =>
      Promise.all(
        urls.map(async (url) => {
          for (let poll = 0; poll < 2; poll++) await fetch(`${url}&wait=1`);
        }),
      ),
    );
    expect(counts).toMatchObject({
      workerRequests: 6,
      objectRequests: 6,
      alarms: 0,
      rowsWritten: 0,
      socketMessages: 0,
    });
    expect(counts.activeSeconds).toBeLessThan(1);
  });

  it("of idle WebSockets nothing at all but what they say", async () => {
    const { service, urls } = await startedTasks();
    const sockets = urls.map((url) => new WebSocket(url));
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.addEventListener("open", resolve))),
    );
    const idle = await counted(service, () => sleep(1000));
    expect(idle).toEqual(mapCounts(() => 0));
    const pinging = await counted(service, async () => {
      for (const socket of sockets) socket.send("ping");
      await sleep(100);
    });
    expect(pinging).toEqual(mapCounts((name) => (name === "socketMessages" ? 3 : 0)));
    for (const socket of sockets) socket.close();
  });

  it("a poll that is parked in the object as active from its begin to its end", async () => {
    const service = await serve("naive");
    const watch = (id: string) => fetch(`${service.url}/watch-task/${id}?wait=1`);
    const counts = await counted(service, () => Promise.all(ids.map(watch)));
    expect(counts).toMatchObject({ workerRequests: 3, objectRequests: 3, alarms: 0 });
    expect(counts.activeSeconds).toBeGreaterThanOrEqual(2.9);
    expect(counts.activeSeconds).toBeLessThan(4);
    // Two at once in one object are billed as one.
    const shared = await counted(service, () => Promise.all([watch("one"), watch("one")]));
    expect(shared.activeSeconds).toBeLessThan(1.5);
  });

  it("every object that is in memory", async () => {
    const { service } = await startedTasks();
    expect(await service.read()).toMatchObject({ inMemory: 3, constructions: 3 });
  });
});
