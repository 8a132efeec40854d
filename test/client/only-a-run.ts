// A process that does nothing but run a task whose work waits for its signal: `only-a-run SERVICE-URL TASK-ID`.

import { TaskClient } from "edge-canceler";
import { abortOf } from "./suite/harness.ts";

const [url = "", id = ""] = process.argv.slice(2);

await new TaskClient({ url })
  .run(id, async ({ signal }) => {
    console.log("running");
    throw await abortOf(signal);
  })
  .catch(() => console.log("stopped"));
