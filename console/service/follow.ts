import { eventsOf } from "./event-stream.ts";
import { line, Retry, untilVisible, wait, whileVisible } from "./line.ts";
import { asServiceError, request, type ServiceError } from "./service.ts";

/** The least time between two connections. */
const LEAST_MS = 500;

interface Following {
  /** Stops following. */
  readonly signal: AbortSignal;
  /**
   * Sends the request and reads the response. Calls `worked` once connected. It is called again after
   * it returns, which means that the connection ended normally.
   */
  readonly listen: (signal: AbortSignal, worked: () => void) => Promise<void>;
  /** Handles a failure. Returns whether to retry. */
  readonly onFailure: (error: ServiceError) => boolean;
}

/**
 * Follows something while the page is visible: a tab in the background holds no connection. After a
 * cut it reconnects, and gets the current state first, so nothing is missed.
 */
export async function keepFollowing({ signal, listen, onFailure }: Following): Promise<void> {
  const retry = new Retry();
  const worked = () => {
    retry.reset();
    line.set("live");
  };
  line.set("connecting");
  while (!signal.aborted) {
    try {
      await untilVisible(signal);
      const visible = whileVisible(signal);
      try {
        const startedMs = Date.now();
        await listen(visible, worked);
        // A service that ends every connection at once must not be called in a tight loop.
        await wait(Math.max(0, LEAST_MS - (Date.now() - startedMs)), signal);
      } catch (thrown) {
        if (visible.aborted) continue;
        const error = asServiceError(thrown);
        const isRetried = onFailure(error);
        line.set(isRetried ? "waiting" : "refused");
        if (!isRetried) return;
        await retry.pause(signal);
      }
    } catch {
      // It was stopped.
      return;
    }
  }
}

interface StreamOptions<State> {
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  readonly onState: (state: State) => void;
}

/** Reads an event stream with one state per event. Returns when the service ends it. */
export async function readStream<State>(
  path: string,
  { signal, onOpen, onState }: StreamOptions<State>,
): Promise<void> {
  const headers = { Accept: "text/event-stream" };
  const response = await request(path, { headers, signal, withinMs: null });
  onOpen();
  for await (const { data } of eventsOf(response)) {
    const state: State = JSON.parse(data);
    onState(state);
  }
}
