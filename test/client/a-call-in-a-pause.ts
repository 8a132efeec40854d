// A process that waits for nothing but to make a call again: `a-call-in-a-pause SERVICE-URL`.
import { TaskClient } from "edge-canceler";

const [url = ""] = process.argv.slice(2);

console.log((await new TaskClient({ url }).get("1234"))?.status);
