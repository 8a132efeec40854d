const OPEN = 1;

/** As much of a hibernating WebSocket as an object's core uses, so that a simulator can stand in. */
export interface HibernatingSocket<Attachment> {
  readonly readyState: number;
  send(message: string): void;
  close(code: number, reason: string): void;
  deserializeAttachment(): Attachment;
}

/**
 * The object's ends of parked sockets, each with its attachment. The platform builds a list of all
 * of them whenever it is asked, so it is asked once: when the object has woken up.
 */
export class ParkedSockets<Attachment> {
  readonly #list: () => readonly HibernatingSocket<Attachment>[];
  /** Null: nobody has asked since the object woke up. */
  #open: Map<HibernatingSocket<Attachment>, Attachment> | null = null;

  constructor(list: () => readonly HibernatingSocket<Attachment>[]) {
    this.#list = list;
  }

  get size(): number {
    return this.#all().size;
  }

  [Symbol.iterator](): Iterator<[HibernatingSocket<Attachment>, Attachment]> {
    return this.#all()[Symbol.iterator]();
  }

  add(socket: HibernatingSocket<Attachment>, attachment: Attachment): void {
    this.#all().set(socket, attachment);
  }

  /** Takes out a socket that is closing, or gone. */
  remove(socket: HibernatingSocket<Attachment>): void {
    this.#open?.delete(socket);
  }

  #all(): Map<HibernatingSocket<Attachment>, Attachment> {
    if (this.#open === null) {
      // One that is closing is still listed.
      const open = this.#list().filter(({ readyState }) => readyState === OPEN);
      this.#open = new Map(open.map((socket) => [socket, socket.deserializeAttachment()]));
    }
    return this.#open;
  }
}

/** The object answers a close in milliseconds; if it does not for so long, it is gone. */
const CLOSE_TIMEOUT_MS = 5000;

interface ParkedOptions {
  readonly waitMs: number;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/** `cut`: the line broke, or the client has left, and nobody knows what was on its way. */
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
