import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { LineFault } from "./line-fault.ts";

/** One connection through a faulty line: `near` is the client's end, `far` the service's. */
export class FaultyConnection {
  readonly #near: Socket;
  readonly #far: Socket;
  #fault: LineFault | null;
  #healed = Promise.withResolvers<void>();
  #isDead = false;
  /** How many bytes of the service have gone through. */
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
    if (fault.kind === "reset") this.#end(true);
    if (fault.kind === "impostor" || fault.kind === "cut-after") this.#end(false);
    if (fault.kind === "half-open") this.#isDead = true;
  }

  heal(): void {
    this.#fault = null;
    this.#healed.resolve();
    this.#healed = Promise.withResolvers();
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
    // What comes first arrives first, however long it takes.
    let carried = Promise.resolve();
    // An error is followed by "close", which is all that matters here.
    from.on("error", () => {});
    from.on("data", (data: Buffer) => {
      carried = carried.then(() => this.#deliver(data, to));
    });
    from.on("close", () => {
      carried = carried.then(async () => {
        if (this.#fault?.kind === "blackhole") await this.#healed.promise;
        if (!this.#isDead) to.destroy();
      });
    });
  }

  async #deliver(data: Buffer, to: Socket): Promise<void> {
    if (this.#fault?.kind === "blackhole") await this.#healed.promise;
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
