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
