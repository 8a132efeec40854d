import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What can be wrong with a connection. */
export type LineFault =
  /** All connections are closed, and so are new ones. */
  | { readonly kind: "cut" }
  /** All connections are reset, and so are new ones. */
  | { readonly kind: "reset" }
  /** Nothing gets through until the fault is over, as in a network outage. */
  | { readonly kind: "blackhole" }
  /** The open connections silently stop carrying data, for good. New ones work. */
  | { readonly kind: "half-open" }
  /** All data arrives this much later. */
  | { readonly kind: "latency"; readonly milliseconds: number }
  /** Data from the service arrives one byte at a time. */
  | { readonly kind: "byte-by-byte" }
  /** The next connection is cut once the service has sent this many bytes. */
  | { readonly kind: "cut-after"; readonly bytes: number; readonly isReset: boolean }
  /** Something else responds in the service's place, and closes the connection. */
  | { readonly kind: "impostor"; readonly answer: string };

/** A TCP proxy on 127.0.0.1 that behaves as badly as a network. */
export class FaultyLine {
  readonly #server: Server;
  readonly #connections = new Set<FaultyConnection>();
  #fault: LineFault | null = null;
  #accepted = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Opens a proxy to `target`. Calls `onConnect` for each connection made while there is no fault. */
  static async open(target: string, onConnect = () => {}): Promise<FaultyLine> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const line = new FaultyLine(server);
    server.on("connection", (near) => line.#accept(near, Number(port), hostname, onConnect));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return line;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the line has no port");
    return `http://127.0.0.1:${address.port}`;
  }

  /** How many connections were accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Closes all connections, and new ones, until the line is restored. */
  cut(): void {
    this.suffer({ kind: "cut" });
  }

  /** Applies a fault until the line is restored. */
  suffer(fault: LineFault): void {
    this.#fault = fault;
    for (const connection of this.#connections) connection.suffer(fault);
    // New connections work.
    if (fault.kind === "half-open") this.#fault = null;
  }

  restore(): void {
    this.#fault = null;
    for (const connection of this.#connections) connection.restore();
  }

  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.cut();
  }

  #accept(near: Socket, port: number, host: string, onConnect: () => void): void {
    const fault = this.#fault;
    if (fault?.kind === "reset") {
      near.on("error", () => {});
      near.resetAndDestroy();
      return;
    }
    if (fault?.kind === "cut") {
      near.destroy();
      return;
    }
    this.#accepted++;
    const connection = new FaultyConnection(near, connect(port, host), fault);
    this.#connections.add(connection);
    near.on("close", () => this.#connections.delete(connection));
    if (fault?.kind === "cut-after") this.#fault = null;
    if (fault === null) onConnect();
  }
}

/** A connection through a faulty line: `near` is the client's end, `far` the service's. */
class FaultyConnection {
  readonly #near: Socket;
  readonly #far: Socket;
  #fault: LineFault | null;
  #restored = Promise.withResolvers<void>();
  #isDead = false;
  /** How many bytes the service has sent. */
  #bytes = 0;

  constructor(near: Socket, far: Socket, fault: LineFault | null) {
    this.#near = near;
    this.#far = far;
    this.#fault = fault;
    this.#carry(near, far);
    this.#carry(far, near);
  }

  suffer(fault: LineFault): void {
    this.#fault = fault;
    if (fault.kind === "cut") this.cut();
    if (fault.kind === "reset") this.#end(true);
    if (fault.kind === "impostor" || fault.kind === "cut-after") this.#end(false);
    if (fault.kind === "half-open") this.#isDead = true;
  }

  restore(): void {
    this.#fault = null;
    this.#restored.resolve();
    this.#restored = Promise.withResolvers();
  }

  cut(): void {
    this.#near.destroy();
    this.#far.destroy();
  }

  #end(isReset: boolean): void {
    if (isReset) this.#near.resetAndDestroy();
    this.cut();
  }

  #carry(from: Socket, to: Socket): void {
    // Data arrives in order, however long it takes.
    let carried = Promise.resolve();
    // An error is followed by "close", which is handled below.
    from.on("error", () => {});
    from.on("data", (data: Buffer) => {
      carried = carried.then(() => this.#deliver(data, to));
    });
    from.on("close", () => {
      carried = carried.then(async () => {
        if (this.#fault?.kind === "blackhole") await this.#restored.promise;
        if (!this.#isDead) to.destroy();
      });
    });
  }

  async #deliver(data: Buffer, to: Socket): Promise<void> {
    if (this.#fault?.kind === "blackhole") await this.#restored.promise;
    if (this.#isDead || to.destroyed) return;
    switch (this.#fault?.kind) {
      case "latency":
        await sleep(this.#fault.milliseconds);
        to.write(data);
        return;
      case "byte-by-byte":
        await this.#oneByOne(data, to);
        return;
      case "cut-after":
        this.#upTo(this.#fault.bytes, this.#fault.isReset, data, to);
        return;
      case "impostor":
        this.#near.end(this.#fault.answer);
        this.#far.destroy();
        return;
      default:
        to.write(data);
    }
  }

  async #oneByOne(data: Buffer, to: Socket): Promise<void> {
    if (to === this.#far) {
      to.write(data);
      return;
    }
    for (const byte of data) {
      to.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
  }

  #upTo(bytes: number, isReset: boolean, data: Buffer, to: Socket): void {
    if (to === this.#far) {
      to.write(data);
      return;
    }
    const left = bytes - this.#bytes;
    this.#bytes += data.length;
    if (data.length < left) to.write(data);
    else to.write(data.subarray(0, left), () => this.#end(isReset));
  }
}
