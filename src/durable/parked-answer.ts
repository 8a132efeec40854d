/** An object answers a close in milliseconds. One that takes this long is gone. */
const CLOSE_TIMEOUT_MS = 5000;

interface ParkedOptions {
  readonly waitMs: number;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/** `cut`: the line broke, or the client has left, and what was on its way is not known. */
type ParkedAnswer =
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "wait_over" }
  | { readonly kind: "cut" };

/**
 * The one message of a parked poll, or that its wait is over. Then the socket is closed, and it is
 * the object's answer to the close that counts: what the object had sent by then comes before it
 * and wins, so no cancel gets lost on its way. No timer stays behind.
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
