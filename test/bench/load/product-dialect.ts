import type { Ask } from "./ask.ts";
import type { Dialect } from "./dialect.ts";
import { openClientWatch } from "./open-client-watch.ts";
import { openEvents } from "./open-events.ts";
import { openPoll } from "./open-poll.ts";
import { openSocket } from "./open-socket.ts";
import { untilWatched } from "./until-watched.ts";

const path = (id: string) => `/v1/tasks/${id}`;
/** Longer than any measurement, so that no alarm of the tasks that were cancelled rings in the next one. */
const declaration = JSON.stringify({ gracePeriodSeconds: 86_400 });
const cancel: Ask = {
  method: "POST",
  path: (id) => `${path(id)}/cancel`,
  body: '{"reason":"enough"}',
  status: 202,
};

/** How the service is spoken to. */
export const productDialect: Dialect = {
  asks: {
    create: { method: "PUT", path, body: declaration, status: 201 },
    start: {
      method: "POST",
      path: (id) => `${path(id)}/start`,
      body: '{"holder":"bench"}',
      status: 200,
    },
    read: { method: "GET", path, status: 200 },
    cancel,
    again: cancel,
    tell: cancel,
    writeAndTell: cancel,
    writeArmAndTell: cancel,
  },
  watches: {
    socket: async (url, id) => openSocket(url, await startedPath(url, id)),
    async poll(url, id) {
      const watcher = await openPoll(url, `${await startedPath(url, id)}&wait=300`);
      await untilWatched(url, path(id));
      return watcher;
    },
    events: async (url, id) => openEvents(url, await startedPath(url, id)),
    client: openClientWatch,
  },
};

/** A watcher that has seen the start waits for the cancel, and hears of nothing before. */
async function startedPath(url: string, id: string): Promise<string> {
  const response = await fetch(url + path(id));
  return `${path(id)}?revision=${/"(\d+)"/.exec(response.headers.get("ETag") ?? "")?.[1]}`;
}
