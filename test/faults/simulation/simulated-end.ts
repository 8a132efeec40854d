import type { ParkedWatch } from "../../../src/tasks/watch.ts";
import type { SocketTag, WatchSocket } from "../../../src/tasks/watchers.ts";

const OPEN = 1;
const CLOSING = 2;

interface FarEnd {
  tell(message: string): void;
  end(end: SimulatedEnd): void;
  lose(): void;
}

/** The object's end of a socket. What is said before the other end is open waits for that. */
export class SimulatedEnd implements WatchSocket {
  readyState = OPEN;
  /** When a ping came, which is answered without waking the object; by the service's clock. */
  pingedAtMs: number | null = null;
  readonly tag: SocketTag;
  readonly #watch: ParkedWatch;
  readonly #far: FarEnd;
  #waiting: (() => void)[] | null = [];

  constructor(watch: ParkedWatch, tag: SocketTag, far: FarEnd) {
    this.#watch = structuredClone(watch);
    this.tag = tag;
    this.#far = far;
  }

  get isOpen(): boolean {
    return this.readyState === OPEN;
  }

  send(message: string): void {
    if (!this.isOpen) throw new TypeError("the socket is closed");
    this.#say(() => this.#far.tell(message));
  }

  close(_code: number, _reason: string): void {
    if (!this.isOpen) return;
    this.readyState = CLOSING;
    this.#say(() => this.#far.end(this));
  }

  deserializeAttachment(): ParkedWatch {
    return structuredClone(this.#watch);
  }

  open(): void {
    for (const say of this.#waiting ?? []) say();
    this.#waiting = null;
  }

  /** The other end closes. */
  beginClose(): void {
    this.readyState = CLOSING;
  }

  lose(): void {
    this.readyState = CLOSING;
    this.#far.lose();
  }

  #say(say: () => void): void {
    if (this.#waiting === null) say();
    else this.#waiting.push(say);
  }
}
