import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What can be wrong with a line. */
export type LineFault =
  /** Every connection ends, and so does every new one. */
  | { readonly kind: "cut" }
  /** Every connection is reset, and so is every new one. */
  | { readonly kind: "reset" }
  /** Nothing gets through. It arrives when the fault is over, as after a network outage. */
  | { readonly kind: "blackhole" }
  /** The open connections never carry anything again, and neither end is told. New ones work. */
  | { readonly kind: "half-open" }
  /** Everything arrives this much later. */
  | { readonly kind: "latency"; readonly milliseconds: number }
  /** What the service sends arrives one byte at a time. */
  | { readonly kind: "byte-by-byte" }
  /** The next connection is cut once the service has sent this many bytes. */
  | { readonly kind: "cut-after"; readonly bytes: number; readonly isReset: boolean }
  /** Something else answers in the service's place, and ends the connection. */
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

  /** `onConnect` is called for every connection that is made while nothing is wrong. */
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

  /** How many connections it has let through so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Ends every connection, and every new one, until the line is restored. */
  cut(): void {
    this.suffer({ kind: "cut" });
  }

  /** Something is wrong with the line until it is restored. */
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

/** One connection through a faulty line: `near` is the client's end, `far` the service's. */
class FaultyConnection {
  readonly #near: Socket;
  readonly #far: Socket;
  #fault: LineFault | null;
  #restored = Promise.withResolvers<void>();
  #isDead = false;
  /** How many bytes the service has sent through it. */
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
    // An error is followed by "close", which is all that matters here.
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
