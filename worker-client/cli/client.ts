import { setMaxListeners } from "node:events";
import { Calls } from "../calls.ts";
import { ServiceUnreachableError, TaskClient, type TaskClientOptions } from "../index.ts";
import type { CommandContext } from "./command.ts";
import { rootCause, UsageError } from "./failure.ts";

interface Flags {
  readonly url?: string | undefined;
}

/** Opens a client with these settings. */
export function openClient(
  flags: Flags,
  environment: CommandContext["environment"],
  token: () => TaskClientOptions["token"],
  fetch?: TaskClientOptions["fetch"],
): TaskClient {
  return new TaskClient({ url: addressIn(flags, environment), token: token(), fetch });
}

/** A request that the client has no method for. */
interface ApiRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Begins with `/v1`. */
  readonly path: string;
  readonly body?: object;
  /** How much longer than usual the service may take. */
  readonly waitSeconds?: number;
}

/** Returns a function that sends requests with these settings. See `Calls.ask` for `read`. */
export function openCalls(
  flags: Flags,
  environment: CommandContext["environment"],
  token: () => TaskClientOptions["token"],
  { fetch, signal }: Pick<Patience, "fetch" | "signal">,
) {
  return <Answer>(
    request: ApiRequest,
    read: (status: number, body: unknown) => Answer | undefined,
  ): Promise<Answer> => {
    const url = addressIn(flags, environment).replace(/\/+$/, "");
    return new Calls({ url, token: token(), fetch }).ask(url, { ...request, signal }, read);
  };
}

/** A flag wins over the environment. */
function addressIn(flags: Flags, environment: CommandContext["environment"]): string {
  const url = flags.url || environment["EDGE_CANCELER_URL"];
  if (!url) {
    throw new UsageError(
      "no service is named: give --url https://cancel.example.com, or set EDGE_CANCELER_URL",
    );
  }
  requireAddress(url);
  return url;
}

function requireAddress(url: string): void {
  const { protocol, username, password } = URL.canParse(url) ? new URL(url) : { protocol: "" };
  if (username || password) {
    throw new UsageError(
      "the service's address must not contain a user name or password: give a token with EDGE_CANCELER_TOKEN or --token-file",
    );
  }
  if (protocol === "https:" || protocol === "http:") return;
  throw new UsageError(
    `"${url}" is not the address of a service: it begins with https:// or http://`,
  );
}

type Fetch = NonNullable<TaskClientOptions["fetch"]>;

/** How long to keep trying if the service was never reached. */
const GIVE_UP_AFTER_MS = 4000;

/**
 * Gives up early on a service that was never reached: the address is probably wrong, or the service
 * was not started. Once the service was reached, the client decides how long to retry.
 */
export class Patience {
  readonly #tell: (line: string) => void;
  readonly #end = new AbortController();
  #wasReached = false;
  #isDown = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tell` prints a line. It is called when a connection fails, and not again until the service is back. */
  constructor(tell: (line: string) => void) {
    this.#tell = tell;
    // Every request of the command listens to it, and Node takes more than ten listeners for a leak.
    setMaxListeners(0, this.#end.signal);
  }

  /** Aborts with a `ServiceUnreachableError` when it gives up. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** A `fetch` that notices whether the service is reached. */
  readonly fetch: Fetch = async (url, init) => {
    try {
      const response = await fetch(url, init);
      this.#wasReached = true;
      this.#isDown = false;
      clearTimeout(this.#timer);
      return response;
    } catch (error) {
      if (!init.signal?.aborted) this.#onFailure(new URL(url).origin, error);
      throw error;
    }
  };

  #onFailure(origin: string, cause: unknown): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#tell(`cannot reach ${origin} (${rootCause(cause)}): trying again`);
    if (this.#wasReached) return;
    this.#timer = setTimeout(() => {
      this.#end.abort(new ServiceUnreachableError(`cannot reach ${origin}`, { cause }));
    }, GIVE_UP_AFTER_MS);
  }
}
