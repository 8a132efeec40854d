const OPEN = 1;

/** The part of a hibernating WebSocket that an object's core uses, and a simulator can provide. */
export interface HibernatingSocket<Attachment> {
  readonly readyState: number;
  send(message: string): void;
  close(code: number, reason: string): void;
  deserializeAttachment(): Attachment;
}

/**
 * The object's ends of parked sockets, each with its attachment. The platform builds a list of all
 * of them on each call, so it is called only once after the object wakes.
 */
export class ParkedSockets<Attachment> {
  readonly #list: () => readonly HibernatingSocket<Attachment>[];
  /** Null if not listed since the object woke. */
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

  /** Removes a socket that is closing or gone. */
  remove(socket: HibernatingSocket<Attachment>): void {
    this.#open?.delete(socket);
  }

  #all(): Map<HibernatingSocket<Attachment>, Attachment> {
    if (this.#open === null) {
      // A closing socket is still listed.
      const open = this.#list().filter(({ readyState }) => readyState === OPEN);
      this.#open = new Map(open.map((socket) => [socket, socket.deserializeAttachment()]));
    }
    return this.#open;
  }
}
