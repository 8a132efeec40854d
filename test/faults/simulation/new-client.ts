import { TaskClient } from "../../../worker-client/index.ts";

const url = "http://simulated.invalid";

/** A client on either transport: its own `fetch` makes its watches long polls. */
export function newClient(usesSockets: boolean): TaskClient {
  if (usesSockets) return new TaskClient({ url });
  return new TaskClient({ url, fetch: (to, init) => fetch(to, init) });
}
