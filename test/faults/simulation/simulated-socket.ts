import { Line } from "./line.ts";
import type { World } from "./world.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;
/** The code of RFC 6455 for a line that is gone without a good-bye. */
const ABNORMAL_CLOSURE = 1006;

/** The machine's end of a WebSocket, with as much of the standard's class as the client uses. */
export class SimulatedSocket {
  readyState = CONNECTING;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: string }) => void) | null = null;
  onclose: ((event: { readonly code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly #world: World;
  readonly #machine: World["canceller"];
  readonly #line: Line;

  constructor(world: World, url: string) {
    this.#world = world;
    this.#machine = world.here();
    this.#machine.open.add(this);
    const revision = Number(/revision=(\d+)/.exec(url)?.[1]);
    world.ask(`opens a WebSocket at revision ${revision}`);
    this.#line = new Line(world, this, revision);
  }

  send(text: string): void {
    if (this.readyState === CONNECTING) throw new DOMException("not open", "InvalidStateError");
    if (this.readyState === OPEN) this.#line.send(text);
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.#world.trace.note(this.#machine.name, "closes its WebSocket");
    this.#end();
    this.#line.close();
  }

  /** The upgrade has worked. */
  accept(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.onopen?.();
  }

  receive(data: string): void {
    if (this.readyState === OPEN) this.onmessage?.({ data });
  }

  /** The line is gone, or never was. */
  lose(): void {
    if (this.readyState === CLOSED) return;
    this.#world.trace.note(this.#machine.name, "has lost its WebSocket");
    const wasOpen = this.readyState === OPEN;
    this.#end();
    if (!wasOpen) this.onerror?.();
    this.onclose?.({ code: ABNORMAL_CLOSURE });
  }

  #end(): void {
    this.readyState = CLOSED;
    this.#machine.open.delete(this);
  }
}
