import { TaskClient } from "../../worker-client/index.ts";

/** A client whose watches are long polls. */
export function pollingClient(url: string): TaskClient {
  return new TaskClient({ url, fetch: (to, init) => fetch(to, init) });
}
