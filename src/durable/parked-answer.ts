/** How long to wait for an object to answer a close. It takes milliseconds, unless the object is gone. */
const CLOSE_TIMEOUT_MS = 5000;

interface ParkedOptions {
  readonly waitMs: number;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

/** `cut`: the connection broke or the client left, so a message may have been lost. */
type ParkedAnswer =
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "wait_over" }
  | { readonly kind: "cut" };

/**
 * Waits for the one message of a parked poll. When the wait is over, it closes the socket and waits
 * for the object's close frame: whatever the object sent before arrives first and wins, so no
 * cancel is lost on the way. Leaves no timer behind.
 */
export function parkedAnswer(
  socket: WebSocket,
  { waitMs, signal }: ParkedOptions,
): Promise<ParkedAnswer> {
  return new Promise((resolve) => {
    let isWaitOver = false;
    let timer = setTimeout(() => {
      isWaitOver = true;
      close("the wait is over");
    }, waitMs);
    const close = (reason: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => settle({ kind: "cut" }), CLOSE_TIMEOUT_MS);
      socket.close(1000, reason);
    };
    const leave = () => close("the client is gone");
    const settle = (answer: ParkedAnswer) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
      resolve(answer);
    };
    socket.addEventListener("message", ({ data }) => {
      settle({ kind: "message", text: String(data) });
    });
    socket.addEventListener("close", (event) => {
      settle({ kind: isWaitOver && event.wasClean ? "wait_over" : "cut" });
    });
    signal.addEventListener("abort", leave);
    socket.accept();
    if (signal.aborted) leave();
  });
}
