import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { FaultyConnection } from "./faulty-connection.ts";
import type { LineFault } from "./line-fault.ts";

/** A TCP proxy on 127.0.0.1 that can suffer from what networks suffer from. */
export class FaultyLine {
  readonly #server: Server;
  readonly #connections = new Set<FaultyConnection>();
  #fault: LineFault | null = null;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `onConnect` is called for every connection that is made while the line is well. */
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

  /** The line suffers from this until it is healed. */
  suffer(fault: LineFault): void {
    this.#fault = fault;
    for (const connection of this.#connections) connection.suffer(fault);
    // Only what is open by now is half open.
    if (fault.kind === "half-open") this.#fault = null;
  }

  heal(): void {
    this.#fault = null;
    for (const connection of this.#connections) connection.heal();
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
    const connection = new FaultyConnection(near, connect(port, host), fault);
    this.#connections.add(connection);
    near.on("close", () => this.#connections.delete(connection));
    if (fault?.kind === "cut-after") this.#fault = null;
    if (fault === null) onConnect();
  }
}
