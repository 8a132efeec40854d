import type { Surroundings } from "./surroundings.ts";

const OPEN = 1;
const CLOSING = 2;
const STAYS_LISTED_MS = 2000;

interface SocketEvent {
  readonly type: "message" | "close";
  readonly data?: string;
  readonly wasClean?: boolean;
}

/** The Worker's end of a socket. */
class FarEnd {
  onClosed: (() => void) | null = null;
  #listeners: { readonly type: string; readonly hear: (event: SocketEvent) => void }[] = [];
  /** What came before it was accepted. */
  #waiting: SocketEvent[] | null = [];
  #isClosed = false;

  addEventListener(type: string, hear: (event: SocketEvent) => void): void {
    this.#listeners.push({ type, hear });
  }

  accept(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const event of waiting) this.deliver(event);
  }

  close(): void {
    this.onClosed?.();
    this.onClosed = null;
  }

  deliver(event: SocketEvent): void {
    if (this.#isClosed) return;
    if (this.#waiting) {
      this.#waiting.push(event);
      return;
    }
    this.#isClosed = event.type === "close";
    for (const { type, hear } of this.#listeners) if (type === event.type) hear(event);
  }
}

interface Owner {
  readonly surroundings: Surroundings;
  output(leave: () => void): void;
  drop(near: NearEnd): void;
  /** The other end has closed. */
  closed(near: NearEnd): void;
}

/** The object's end of a socket, which stays while the object sleeps. */
export class NearEnd {
  readyState = OPEN;
  tag = "";
  readonly #far: FarEnd;
  #owner: Owner | null = null;
  #attachment: unknown = null;
  #lastArrivesAtMs = 0;

  constructor(far: FarEnd) {
    this.#far = far;
  }

  accepted(owner: Owner, tag: string): void {
    this.#owner = owner;
    this.tag = tag;
    this.#far.onClosed = () => {
      const { later, transitMs } = owner.surroundings;
      later(transitMs(), () => {
        if (this.readyState !== OPEN) return;
        this.readyState = CLOSING;
        owner.closed(this);
      });
    };
  }

  serializeAttachment(attachment: unknown): void {
    this.#attachment = structuredClone(attachment);
  }

  deserializeAttachment(): unknown {
    return structuredClone(this.#attachment);
  }

  send(message: string): void {
    if (this.readyState !== OPEN) throw new TypeError("the socket is closed");
    this.#owner?.output(() => this.#deliver({ type: "message", data: message }));
  }

  close(): void {
    const owner = this.#owner;
    if (owner === null) return;
    this.readyState = CLOSING;
    owner.output(() => this.#deliver({ type: "close", wasClean: true }));
    // The platform lists it for a while.
    owner.surroundings.later(STAYS_LISTED_MS, () => owner.drop(this));
  }

  /** The object crashed. */
  lose(): void {
    this.readyState = CLOSING;
    this.#deliver({ type: "close", wasClean: false });
  }

  /** In the order in which it was sent. */
  #deliver(event: SocketEvent): void {
    const surroundings = this.#owner?.surroundings;
    if (surroundings === undefined) return;
    const nowMs = surroundings.nowMs();
    const atMs = Math.max(this.#lastArrivesAtMs, nowMs + surroundings.transitMs());
    this.#lastArrivesAtMs = atMs;
    surroundings.later(atMs - nowMs, () => this.#far.deliver(event));
  }
}

/** Stands in for the platform's own. */
export class SimulatedPair {
  readonly 0: FarEnd;
  readonly 1: NearEnd;

  constructor() {
    this[0] = new FarEnd();
    this[1] = new NearEnd(this[0]);
  }
}

type Body = ConstructorParameters<typeof Response>[0];

interface ResponseInit101 extends ResponseInit {
  readonly webSocket?: FarEnd | null;
}

/** A `Response` that may carry a socket, which Node's may not. */
export class SimulatedResponse extends Response {
  readonly webSocket: FarEnd | null;

  constructor(body?: Body | null, { webSocket = null, ...init }: ResponseInit101 = {}) {
    super(body, init.status === 101 ? { ...init, status: 200 } : init);
    if (init.status === 101) Object.defineProperty(this, "status", { value: 101 });
    this.webSocket = webSocket;
  }

  static override json(data: unknown, init: ResponseInit = {}): SimulatedResponse {
    const headers = new Headers(init.headers);
    headers.set("Content-Type", "application/json");
    return new SimulatedResponse(JSON.stringify(data), { ...init, headers });
  }
}
