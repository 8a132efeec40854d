import type { Ask } from "./ask.ts";
import type { Dialect } from "./dialect.ts";
import { openPoll } from "./open-poll.ts";
import { openSocket } from "./open-socket.ts";
import type { OpenWatcher } from "./watcher.ts";

const path = (id: string) => `/${id}`;
/** SQLite writes nothing where the value is the same already, so every write has a text of its own. */
const write = (text: string): Ask => ({ method: "POST", path, body: text, status: 200 });
const CANCEL = '{"reason":"enough"}';
const read: Ask = { method: "GET", path, status: 200 };
const socket: OpenWatcher = (url, id) => openSocket(url, path(id));

/**
 * What the floor has in place of each thing that the service does: a write where a task changes, a
 * read where it does not, and a bare socket for whoever watches.
 */
export const floorDialect: Dialect = {
  asks: {
    create: write("created"),
    start: write("started"),
    read,
    cancel: write(CANCEL),
    again: read,
    tell: { method: "POST", path: (id) => `/${id}?tell`, status: 200 },
    writeAndTell: { ...write(CANCEL), path: (id) => `/${id}?write-and-tell` },
    writeArmAndTell: { ...write(CANCEL), path: (id) => `/${id}?write-arm-and-tell` },
  },
  watches: {
    socket,
    poll: (url, id) => openPoll(url, `/${id}?poll`),
    events: socket,
    client: socket,
  },
};
