// A process that watches a task to its end, and then waits for nothing but an answer of the
// service: `a-call-after-a-watch SERVICE-URL`.

import { TaskClient } from "edge-canceler";
import { latch } from "./suite/harness.ts";

const WAIT_SECONDS = 1;
const LONG_MS = 60_000;

const [url = ""] = process.argv.slice(2);
const tasks = new TaskClient({ url, fetch: (to, init) => fetch(to, init) });
const watched = crypto.randomUUID();
const running = crypto.randomUUID();
await tasks.start(running);
await tasks.cancel(watched);
const ended = latch();
tasks.watch(watched, { onChange: ended.open });
// A watch alone would not keep the process running.
const timer = setTimeout(() => {}, LONG_MS);
await ended.opened;
clearTimeout(timer);
// The connection that carried the poll carries this; it must not be lost with it.
await tasks.cancel(running, { waitSeconds: WAIT_SECONDS });
console.log("answered");
