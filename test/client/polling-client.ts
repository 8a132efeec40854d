import { TaskClient, type TaskClientOptions } from "../../worker-client/index.ts";

/** A client whose watches are long polls. */
export function pollingClient(url: string, token?: TaskClientOptions["token"]): TaskClient {
  return new TaskClient({ url, token, fetch: (to, init) => fetch(to, init) });
}
