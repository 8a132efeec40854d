import { TaskClient, type TaskState } from "../../../worker-client/index.ts";

/** A way to watch tasks, whose cost is measured. */
export interface Mode {
  readonly name: string;
  readonly build: "service" | "naive";
  /** Everything that such a watch does happens once in so many seconds, or not at all. */
  readonly periodSeconds: number;
  /** The deadline of the watched tasks; null: they have none. */
  readonly timeoutSeconds: number | null;
  /** The lease that the runs of the watched tasks hold; null: they hold none. */
  readonly leaseSeconds: number | null;
  /** Keeps a watch up for every task until the load's signal aborts; rejects if one fails. */
  readonly watch: (load: Load) => Promise<void>;
  /** At most so many dollars per million watched task-hours are aimed at; null: no matter. */
  readonly targetDollars: number | null;
  /** The watched object is to be asleep, and not billed for a second. */
  readonly hasToSleep?: boolean;
}

/** The holder of every run of a watched task, whose attempt is 1. */
export const HOLDER = "the cost meter";

/** A number of tasks, and a watcher for each that is to be kept up. */
interface Load {
  /** Where the service listens. */
  readonly url: string;
  readonly ids: readonly string[];
  /** Ends every watch. */
  readonly signal: AbortSignal;
}

/** How long the client lets a poll wait and a WebSocket be silent: a dead line is noticed soon after. */
const DEFAULT_WAIT_SECONDS = 20;
/** What wrangler.toml says for /watch-task. */
const WATCH_TASK_WAIT_SECONDS = 5;
const DAY_SECONDS = 86_400;
/** What a claim has by default. */
const LEASE_SECONDS = 60;
/** A line that may be mute for five leases is looked at that often. */
const SWEEP_SECONDS = 5 * LEASE_SECONDS;
/** A third of the lease, as the client does. */
const LEASE_PING_SECONDS = LEASE_SECONDS / 3;

interface ModesOptions {
  /** The waits of the long polls, in seconds. */
  readonly waitsSeconds: readonly number[];
  /** How often a WebSocket pings, and how long the naive poll is parked. */
  readonly defaultWaitSeconds?: number;
  /** How often the alarm of a leased, watched task rings, which is the period of that mode. */
  readonly sweepSeconds?: number;
}

/** Every mode that is measured. */
export function modes({
  waitsSeconds,
  defaultWaitSeconds = DEFAULT_WAIT_SECONDS,
  sweepSeconds = SWEEP_SECONDS,
}: ModesOptions): Mode[] {
  const service = {
    build: "service",
    timeoutSeconds: null,
    leaseSeconds: null,
    targetDollars: null,
  } as const;
  const longPoll = (waitSeconds: number): Mode => ({
    ...service,
    name: `long poll, ${waitSeconds} s`,
    periodSeconds: waitSeconds,
    watch: (load) => watchByClient(load, { way: "long poll", waitSeconds }),
    targetDollars: waitSeconds === DEFAULT_WAIT_SECONDS ? 110 : null,
  });
  const polls = (waitSeconds: number): Pick<Mode, "periodSeconds" | "watch"> => ({
    periodSeconds: waitSeconds,
    watch: (load) => watchByPolls(load, waitSeconds),
  });
  return [
    {
      ...service,
      name: "WebSocket",
      periodSeconds: defaultWaitSeconds,
      watch: (load) => watchByClient(load, { way: "WebSocket", waitSeconds: defaultWaitSeconds }),
      targetDollars: 1.5,
      hasToSleep: true,
    },
    {
      ...service,
      name: `WebSocket, run with a lease of ${LEASE_SECONDS} s`,
      periodSeconds: sweepSeconds,
      leaseSeconds: LEASE_SECONDS,
      watch: (load) => watchRuns(load, LEASE_PING_SECONDS),
      targetDollars: 16,
    },
    {
      ...service,
      name: "server-sent events",
      // Its comments are the Worker's own, so any window will do.
      periodSeconds: 1,
      watch: watchByEvents,
    },
    ...waitsSeconds.map(longPoll),
    {
      ...longPoll(defaultWaitSeconds),
      name: `long poll, ${defaultWaitSeconds} s, task with a deadline`,
      timeoutSeconds: DAY_SECONDS,
    },
    {
      ...service,
      name: `the article's /watch-task, ${WATCH_TASK_WAIT_SECONDS} s`,
      ...polls(WATCH_TASK_WAIT_SECONDS),
    },
    {
      ...service,
      name: `worker parked at an empty queue, ${defaultWaitSeconds} s`,
      periodSeconds: defaultWaitSeconds,
      watch: (load) => claimInVain(load, defaultWaitSeconds),
    },
    {
      ...service,
      build: "naive",
      name: `naive: parked in the object, ${defaultWaitSeconds} s`,
      ...polls(defaultWaitSeconds),
    },
  ];
}

interface ClientWatchOptions {
  readonly way: "WebSocket" | "long poll";
  /** How long a poll is parked, and a WebSocket may be silent; the client's own default is 20. */
  readonly waitSeconds: number;
}

/**
 * Watches every task with the real client until the signal aborts; rejects as soon as one watch
 * ends by itself. It is the dead man's switch that tells the client how often to ask: twice.
 */
function watchByClient(load: Load, { way, waitSeconds }: ClientWatchOptions): Promise<void> {
  const { url, ids, signal } = load;
  // With a fetch of its own it has no WebSocket.
  const client = new TaskClient(way === "WebSocket" ? { url } : { url, fetch: globalThis.fetch });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onUnreachable = { abortAfterSeconds: 2 * waitSeconds };
  const watches = ids.map((id) => client.watch(id, { onUnreachable, onError: reject }));
  for (const watch of watches) {
    watch.signal.addEventListener("abort", () => reject(watch.signal.reason), { once: true });
  }
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => {
    for (const watch of watches) watch.close();
  });
}

/**
 * Watches every task as the worker that runs it does, which pings to keep its lease; rejects as soon
 * as a line ends, or says anything but a pong once the task is known.
 */
function watchRuns({ url, ids, signal }: Load, pingSeconds: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const query = `direct=1&attempt=1&holder=${encodeURIComponent(HOLDER)}`;
  const sockets = ids.map((id) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/tasks/${id}?${query}`);
    socket.addEventListener("message", ({ data }) => {
      if (data === "pong") return;
      const { status }: TaskState = JSON.parse(data);
      if (status !== "running") reject(new Error(`the run of ${id} is ${status}`));
    });
    const fail = () => reject(new Error(`the line of ${id} has ended by itself`));
    socket.addEventListener("close", fail);
    socket.addEventListener("error", fail);
    return socket;
  });
  const pings = setInterval(() => {
    for (const socket of sockets) socket.send("ping");
  }, pingSeconds * 1000);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => {
    clearInterval(pings);
    for (const socket of sockets) socket.close();
  });
}

/** Watches every task by server-sent events until the signal aborts; rejects if a stream ends. */
async function watchByEvents({ url, ids, signal }: Load): Promise<void> {
  const headers = { Accept: "text/event-stream" };
  const read = async (id: string) => {
    const { body, status } = await fetch(`${url}/v1/tasks/${id}`, { headers, signal });
    // Comments and events alike: nothing is expected of them here.
    for await (const _ of body ?? []);
    throw new Error(`an event stream (HTTP status ${status}) has ended by itself`);
  };
  await Promise.all(ids.map(read)).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/**
 * A worker for each id claims from a queue in which nothing waits, until the signal aborts; rejects if
 * one is given a task.
 */
async function claimInVain({ url, ids, signal }: Load, waitSeconds: number): Promise<void> {
  const claim = async (holder: string) => {
    const body = JSON.stringify({ holder });
    const to = `${url}/v1/queues/empty/claim?wait=${waitSeconds}`;
    const { status } = await fetch(to, { method: "POST", body, signal });
    if (status !== 204) throw new Error(`a claim was answered ${status}`);
  };
  await Promise.all(
    ids.map(async (id) => {
      while (!signal.aborted) await claim(id);
    }),
  ).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** What was answered so much sooner than asked for was not parked at all. */
const PARKED_AT_LEAST = 0.5;

/**
 * Watches every task as a loop of curl does, until the signal aborts; rejects at the first answer
 * that a watch of an idle task must not get, so that no loop can spin.
 */
async function watchByPolls(load: Load, waitSeconds: number): Promise<void> {
  const { url, ids, signal } = load;
  const poll = async (id: string) => {
    const askedAtMs = performance.now();
    const response = await fetch(`${url}/watch-task/${id}?wait=${waitSeconds}`, { signal });
    const answer = await response.text();
    const parkedMs = performance.now() - askedAtMs;
    if (answer !== "false" || parkedMs < PARKED_AT_LEAST * waitSeconds * 1000) {
      throw new Error(`a poll was answered "${answer}" after ${Math.round(parkedMs)} ms`);
    }
  };
  await Promise.all(
    ids.map(async (id) => {
      while (!signal.aborted) await poll(id);
    }),
  ).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
