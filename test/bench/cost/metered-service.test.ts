import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { TaskClient } from "../../../worker-client/index.ts";
import { mapCounts, priceOf } from "./billing.ts";
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

/** How long a task's object stays awake to tell several changes as one, in seconds. */
const AWAKE_SECONDS = 0.1;

describe("the directory", () => {
  it("costs a task that is declared, started and finished at most $4 per million of them", async () => {
    const [on, off] = [await livesIn("on"), await livesIn("off")];
    const added = mapCounts((name) => (on[name] - off[name]) / LIVES);
    expect(added).toMatchObject({
      workerRequests: 0,
      alarms: 0,
      objectRequests: 3,
      rowsWritten: 3,
    });
    const { activeSeconds } = added;
    const counts = { ...added, activeSeconds: activeSeconds + 3 * AWAKE_SECONDS };
    expect(priceOf(counts).total * 1e6).toBeLessThanOrEqual(4);
  });

  it("costs one more row and request if the worker is slow to stop when it is cancelled", async () => {
    const [on, off] = [await livesIn("on", "cancelled"), await livesIn("off", "cancelled")];
    const added = mapCounts((name) => (on[name] - off[name]) / LIVES);
    expect(added).toMatchObject({
      workerRequests: 0,
      alarms: 0,
      objectRequests: 4,
      rowsWritten: 4,
    });
  });
});

const LIVES = 20;

/** What is counted while tasks live, all of them declared before any starts, and so on. */
async function livesIn(directory: "on" | "off", status: "succeeded" | "cancelled" = "succeeded") {
  const service = await meteredService("service", lab, directory);
  end.defer(() => service.stop());
  const client = new TaskClient({ url: service.url });
  const step = async (names: readonly string[], act: (id: string) => Promise<unknown>) => {
    const { objectRequests } = await service.read();
    for (const id of names) await act(id);
    const expected = objectRequests + names.length * (directory === "on" ? 2 : 1);
    await vi.waitUntil(async () => (await service.read()).objectRequests >= expected, {
      timeout: 20_000,
    });
  };
  const names = (name: string) => Array.from({ length: LIVES }, (_, index) => `${name}-${index}`);
  // The first task of a day makes a table, in each of eight objects.
  await step([...names("first"), ...names("second"), ...names("third")], (id) =>
    client.declare(id),
  );
  const lives = names("life");
  return counted(service, async () => {
    await step(lives, (id) => client.declare(id));
    await step(lives, (id) => client.start(id, { holder: id }));
    if (status === "cancelled") await step(lives, (id) => client.cancel(id));
    await step(lives, (id) => client.finish(id, { attempt: 1, status }));
  });
}

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
