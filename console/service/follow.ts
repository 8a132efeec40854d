import { eventsOf } from "./event-stream.ts";
import { line, Retry, untilVisible, wait, whileVisible } from "./line.ts";
import { asServiceError, request, type ServiceError } from "./service.ts";

/** How long a line takes at least, with the pause after it. */
const LEAST_MS = 500;

interface Following {
  /** Ends it. */
  readonly signal: AbortSignal;
  /**
   * Asks and listens. When it returns, the line has ended in order, and it is called again; `worked`
   * is to be called when the line is there.
   */
  readonly listen: (signal: AbortSignal, worked: () => void) => Promise<void>;
  /** Told of what went wrong. It returns whether to try again. */
  readonly onFailure: (error: ServiceError) => boolean;
}

/**
 * Follows something for as long as somebody looks: a tab in the background holds no connection. After
 * whatever cut the line it asks again, and the state comes first, so nothing is missed.
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
        const begunMs = Date.now();
        await listen(visible, worked);
        // Whatever ends every line at once is not to be asked without a pause.
        await wait(Math.max(0, LEAST_MS - (Date.now() - begunMs)), signal);
      } catch (thrown) {
        if (visible.aborted) continue;
        const error = asServiceError(thrown);
        const isToTry = onFailure(error);
        line.set(isToTry ? "waiting" : "refused");
        if (!isToTry) return;
        await retry.pause(signal);
      }
    } catch {
      // It was ended.
      return;
    }
  }
}

interface StreamOptions<State> {
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  readonly onState: (state: State) => void;
}

/** Reads the stream of a path: a state per event. Returns when the service ends it. */
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
