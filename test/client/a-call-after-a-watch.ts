// A process that watches a task to its end, and then waits for nothing but an answer of the
// service: `a-call-after-a-watch SERVICE-URL`.

import { TaskClient } from "edge-canceler";
import { latch } from "./suite/harness.ts";

const UNTIL_REUSED_MS = 50;

const [url = ""] = process.argv.slice(2);
const tasks = new TaskClient({ url, fetch: (to, init) => fetch(to, init) });
const ended = latch();
tasks.watch("1234", { onChange: ended.open });
// A watch alone would not keep the process running.
const timer = setTimeout(() => {}, 60_000);
await ended.opened;
clearTimeout(timer);
// A moment later, the connection that carried the poll is free to carry this.
await new Promise((resolve) => setTimeout(resolve, UNTIL_REUSED_MS));
console.log((await tasks.get("1234"))?.status);
