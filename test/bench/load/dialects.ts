import type { AskName, WatchName } from "./job.ts";
import type { Ask } from "./requests.ts";
import {
  type OpenWatcher,
  openClientWatch,
  openEvents,
  openPoll,
  openSocket,
  untilWatched,
} from "./watchers.ts";

/** How a side is spoken to, so that the same load can be put on both. */
export interface Dialect {
  readonly asks: { readonly [name in AskName]: Ask };
  readonly watches: { readonly [name in WatchName]: OpenWatcher };
}

const taskPath = (id: string) => `/v1/tasks/${id}`;
/** Longer than any measurement, so that no alarm of the tasks that were cancelled rings in the next one. */
const declaration = JSON.stringify({ gracePeriodSeconds: 86_400 });
const cancel: Ask = {
  method: "POST",
  path: (id) => `${taskPath(id)}/cancel`,
  body: '{"reason":"enough"}',
  status: 202,
};

const productRead: Ask = { method: "GET", path: taskPath, status: 200 };

/** How the service is spoken to. */
export const productDialect: Dialect = {
  asks: {
    create: { method: "PUT", path: taskPath, body: declaration, status: 201 },
    start: {
      method: "POST",
      path: (id) => `${taskPath(id)}/start`,
      body: '{"holder":"bench"}',
      status: 200,
    },
    read: productRead,
    readAsJson: productRead,
    cancel,
    again: cancel,
    tell: cancel,
    writeAndTell: cancel,
    writeArmAndTell: cancel,
  },
  watches: {
    // As the client opens it; what any other client opens is relayed by the Worker.
    socket: async (url, id) => openSocket(url, `${await startedPath(url, id)}&direct=1`),
    relayed: async (url, id) => openSocket(url, await startedPath(url, id)),
    async poll(url, id) {
      const watcher = await openPoll(url, `${await startedPath(url, id)}&wait=300`);
      await untilWatched(url, taskPath(id));
      return watcher;
    },
    events: async (url, id) => openEvents(url, await startedPath(url, id)),
    client: openClientWatch,
  },
};

const startedPaths = new Map<string, Promise<string>>();

/**
 * A watcher that has seen the start waits for the cancel, and hears of nothing before. The revision
 * is asked for once a task, so that parking a watcher is one request, as it is on the floor.
 */
function startedPath(url: string, id: string): Promise<string> {
  const known = startedPaths.get(id) ?? askForStartedPath(url, id);
  startedPaths.set(id, known);
  return known;
}

async function askForStartedPath(url: string, id: string): Promise<string> {
  const response = await fetch(url + taskPath(id));
  return `${taskPath(id)}?revision=${/"(\d+)"/.exec(response.headers.get("ETag") ?? "")?.[1]}`;
}

const floorPath = (id: string) => `/${id}`;
/** SQLite writes nothing where the value is the same already, so every write has a text of its own. */
const write = (text: string): Ask => ({ method: "POST", path: floorPath, body: text, status: 200 });
const FLOOR_CANCEL = '{"reason":"enough"}';
const read: Ask = { method: "GET", path: floorPath, status: 200 };
const socket: OpenWatcher = (url, id) => openSocket(url, floorPath(id));

/**
 * What the floor has in place of each thing that the service does: a write where a task changes, a
 * read where it does not, and a bare socket for whoever watches.
 */
export const floorDialect: Dialect = {
  asks: {
    create: write("created"),
    start: write("started"),
    read,
    readAsJson: { ...read, path: (id) => `/state/${id}` },
    cancel: write(FLOOR_CANCEL),
    again: read,
    tell: { method: "POST", path: (id) => `/${id}?tell`, status: 200 },
    writeAndTell: { ...write(FLOOR_CANCEL), path: (id) => `/${id}?write-and-tell` },
    writeArmAndTell: { ...write(FLOOR_CANCEL), path: (id) => `/${id}?write-arm-and-tell` },
  },
  watches: {
    socket,
    relayed: socket,
    poll: (url, id) => openPoll(url, `/${id}?poll`),
    events: socket,
    client: socket,
  },
};
