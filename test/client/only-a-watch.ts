// A process that does nothing but watch a task: `only-a-watch SERVICE-URL TASK-ID TRANSPORT`.

import { TaskClient } from "edge-canceler";
import { eventually } from "./suite/harness.ts";

const [url = "", id = "", transport] = process.argv.slice(2);

const tasks = new TaskClient(
  transport === "long poll" ? { url, fetch: (to, init) => fetch(to, init) } : { url },
);
await tasks.start(id);
tasks.watch(id);
await eventually(
  () => tasks.get(id),
  (task) => task?.watchers === 1,
);
console.log("parked");
