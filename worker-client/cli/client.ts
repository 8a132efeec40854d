import { TaskClient, type TaskClientOptions } from "../index.ts";
import type { CommandContext } from "./command.ts";
import { rootCause, UsageError } from "./failure.ts";
import { oneLine } from "./terminal.ts";

interface Flags {
  readonly url?: string | undefined;
}

/** The client that the settings name. A flag wins over the environment. */
export function openClient(
  flags: Flags,
  environment: CommandContext["environment"],
  token: () => TaskClientOptions["token"],
  fetch?: TaskClientOptions["fetch"],
): TaskClient {
  const url = flags.url || environment["EDGE_CANCELER_URL"];
  if (!url) {
    throw new UsageError(
      "no service is named: give --url https://cancel.example.com, or set EDGE_CANCELER_URL",
    );
  }
  if (!URL.canParse(url)) {
    throw new UsageError(`"${url}" is no address of a service: it begins with https:// or http://`);
  }
  return new TaskClient({ url, token: token(), fetch });
}

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
