import type { TaskClientOptions } from "../index.ts";
import { oneLine } from "./one-line.ts";
import { rootCause } from "./root-cause.ts";

type Fetch = NonNullable<TaskClientOptions["fetch"]>;

/** `fetch`, which says when a connection fails first: the client tries again, for half a minute. */
export function tellingFetch(tell: (line: string) => void): Fetch {
  let isTold = false;
  return async (url, init) => {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (!isTold && !init.signal?.aborted) {
        isTold = true;
        tell(`cannot reach ${new URL(url).origin} (${oneLine(rootCause(error))}): trying again`);
      }
      throw error;
    }
  };
}
