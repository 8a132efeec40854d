import * as v from "valibot";
import type { TaskClient } from "../../../worker-client/index.ts";
import type { ReceivedEvents } from "./received-events.ts";

/** A service by its settings: with nothing that can be left out, with the directory, with webhooks. */
export type Setting = keyof typeof SETTINGS;

/** The variables of each service. */
export const SETTINGS = {
  plain: { DIRECTORY: "off" },
  directory: { DIRECTORY: "on" },
  webhooks: { DIRECTORY: "off", WEBHOOK_HOSTS: "127.0.0.1" },
} as const;

/** Something that happens to tasks, whose cost is measured. */
export interface Life {
  readonly name: string;
  readonly setting: Setting;
  readonly live: (world: World) => Promise<void>;
  /** What is not to be counted: its cost is taken off. Null: all of it is. */
  readonly beside: Pick<Life, "setting" | "live"> | null;
  /** At most so many dollars per million are aimed at; null: no matter. */
  readonly targetDollars: number | null;
}

/** Where tasks live. */
export interface World {
  /** Where the service listens. */
  readonly url: string;
  readonly client: TaskClient;
  /** Begins the id of each task, and of no others. */
  readonly prefix: string;
  readonly ids: readonly string[];
  /** What the service's webhook is sent. */
  readonly events: ReceivedEvents;
  /** Counts what an act costs, and everything that comes of it. */
  count(act: () => Promise<unknown>): Promise<void>;
  /** Resolves once the service has done nothing for so long. */
  settled(quietMs?: number): Promise<void>;
}

/** One step of a task. */
type Step = (id: string, world: World) => Promise<unknown>;

const TARGET_DOLLARS = 4;
/** Long enough that no grace period ends while something else is counted. */
const GRACE_SECONDS = 3600;
const RETENTION_SECONDS = 1;
/** What begins a second later, as a bulk cancel does and the end of that retention, needs a longer look. */
const LATER_QUIET_MS = 1300;
/** Events that come one at a time find nothing that is still being done for the one before. */
const EVENT_QUIET_MS = 20;
const BULK = v.object({ ended: v.number() });

const declare: Step = (id, { client }) => client.declare(id);
const start: Step = (id, { client }) => client.start(id, { holder: id });
const cancel: Step = (id, { client }) => client.cancel(id, { gracePeriodSeconds: GRACE_SECONDS });
const succeed: Step = (id, { client }) => client.finish(id, { attempt: 1, status: "succeeded" });
const stop: Step = (id, { client }) => client.finish(id, { attempt: 1, status: "cancelled" });

/** The worker stops before the directory is told that it was asked to. */
const cancelAndStop: Step = async (id, world) => {
  await cancel(id, world);
  await stop(id, world);
};

/** All tasks take one step after the other. */
function inSteps(...steps: readonly Step[]): Life["live"] {
  return (world) => world.count(() => takeSteps(world, steps));
}

async function takeSteps(world: World, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    for (const id of world.ids) await step(id, world);
    await world.settled();
  }
}

/** Everything that is measured. */
export function lives(): readonly Life[] {
  const whole = { beside: null, targetDollars: null };
  const succeeds = inSteps(declare, start, succeed);
  const directory = (name: string, live: Life["live"], targetDollars: number): Life => ({
    name: `the directory: a task that is ${name}`,
    setting: "directory",
    live,
    beside: { setting: "plain", live },
    targetDollars,
  });
  return [
    {
      ...whole,
      name: "a task that is declared, started, finished and forgotten, without the directory",
      setting: "plain",
      live: liveWhole,
    },
    directory("declared, started, finished", succeeds, TARGET_DOLLARS),
    directory(
      "declared, started, cancelled; its worker stops at once",
      inSteps(declare, start, cancelAndStop),
      TARGET_DOLLARS,
    ),
    directory(
      "started, cancelled; its worker takes a while to stop",
      inSteps(start, cancel, stop),
      TARGET_DOLLARS,
    ),
    directory(
      "declared, started, cancelled; its worker takes a while to stop",
      inSteps(declare, start, cancel, stop),
      TARGET_DOLLARS,
    ),
    directory("watched by a WebSocket and a long poll, for that alone", watched, 0),
    {
      name: "a parent: a child that is declared, started, finished",
      setting: "plain",
      live: adopted,
      beside: { setting: "plain", live: succeeds },
      targetDollars: null,
    },
    {
      name: "a webhook: an event that is delivered",
      setting: "webhooks",
      live: withWebhook,
      beside: { setting: "plain", live: (world) => endOneByOne(world) },
      targetDollars: null,
    },
    {
      ...whole,
      name: "a cancel in bulk of a pending task",
      setting: "directory",
      live: cancelPending,
    },
    {
      ...whole,
      name: "a cancel in bulk of a running task; its worker stops at once",
      setting: "directory",
      live: (world) => cancelRunning(world, cancelInBulk),
    },
    {
      ...whole,
      name: "a cancel of its own of a running task; its worker stops at once",
      setting: "directory",
      live: (world) => cancelRunning(world, inSteps(cancel)),
    },
  ];
}

async function liveWhole(world: World): Promise<void> {
  const declareBriefly: Step = (id, { client }) =>
    client.declare(id, { retentionSeconds: RETENTION_SECONDS });
  await world.count(async () => {
    await takeSteps(world, [declareBriefly, start, succeed]);
    await world.settled(LATER_QUIET_MS);
  });
}

async function watched(world: World): Promise<void> {
  const { url, client, ids, settled } = world;
  const states = await Promise.all(ids.map((id) => client.start(id, { holder: id })));
  await settled();
  await world.count(async () => {
    const sockets = ids.map((id) => {
      const socket = new WebSocket(`${url.replace("http", "ws")}/v1/tasks/${id}`);
      socket.addEventListener("open", () => socket.send("ping"));
      return socket;
    });
    await Promise.all(
      states.map(({ id, revision }) => fetch(`${url}/v1/tasks/${id}?revision=${revision}&wait=1`)),
    );
    for (const socket of sockets) socket.close();
    await settled();
  });
}

/** The parent has a child before, and so it has a table of children. */
async function adopted(world: World): Promise<void> {
  const { client, prefix } = world;
  const parent = `${prefix}parent`;
  const declareChild: Step = (id) => client.declare(id, { parent });
  await takeSteps({ ...world, ids: [`${prefix}first`] }, [declareChild]);
  await inSteps(declareChild, start, succeed)(world);
}

/** The webhook has sent an event before, and noted that it reached its receiver. */
async function withWebhook(world: World): Promise<void> {
  const { url, prefix, events, settled } = world;
  const body = JSON.stringify({ url: events.url, events: ["task.ended"] });
  const made = await fetch(`${url}/v1/webhooks/cost`, { method: "PUT", body });
  if (made.status !== 201) throw new Error(`a webhook was answered ${made.status}`);
  const first = `${prefix}first`;
  await start(first, world);
  await succeed(first, world);
  await events.received(first);
  await settled();
  await endOneByOne(world, (id) => events.received(id));
}

/** Every task is alone when it ends, so that no alarm serves two of them. */
async function endOneByOne(
  world: World,
  isTold: (id: string) => Promise<void> = async () => {},
): Promise<void> {
  const { ids, count, settled } = world;
  await takeSteps(world, [start]);
  await count(async () => {
    for (const id of ids) {
      await succeed(id, world);
      await isTold(id);
      await settled(EVENT_QUIET_MS);
    }
  });
}

async function cancelPending(world: World): Promise<void> {
  await takeSteps(world, [declare]);
  await cancelInBulk(world);
}

async function cancelRunning(
  world: World,
  cancelAll: (world: World) => Promise<void>,
): Promise<void> {
  const { client, ids, settled } = world;
  await takeSteps(world, [start]);
  const watches = ids.map((id) => {
    const watch = client.watch(id);
    watch.signal.addEventListener("abort", () => stop(id, world), { once: true });
    return watch;
  });
  await settled();
  await cancelAll(world);
  for (const watch of watches) watch.close();
}

async function cancelInBulk({ url, prefix, ids, count, settled }: World): Promise<void> {
  const order = { select: { prefix }, gracePeriodSeconds: GRACE_SECONDS };
  let location: string | null = null;
  await count(async () => {
    const body = JSON.stringify(order);
    const { headers } = await fetch(`${url}/v1/cancellations`, { method: "POST", body });
    location = headers.get("Location");
    await settled(LATER_QUIET_MS);
  });
  const { ended } = v.parse(BULK, await (await fetch(`${url}${location}`)).json());
  if (ended !== ids.length) throw new Error(`of ${ids.length} tasks ${ended} were cancelled`);
}
