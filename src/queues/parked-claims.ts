import { type HibernatingSocket, ParkedSockets } from "../durable/sockets.ts";

/** A claim that waits for a task: the attachment of its socket. */
export interface Claim {
  readonly kind: "claim";
  readonly holder: string;
  readonly sinceMs: number;
}

export type ClaimSocket = HibernatingSocket<Claim>;

/** The workers that wait for a task, the longest waiting first. */
export class ParkedClaims {
  readonly #sockets: ParkedSockets<Claim>;
  /** Null until it is needed after the object has woken up. */
  #byHolder: Map<string, ClaimSocket> | null = null;

  constructor(list: () => readonly ClaimSocket[]) {
    // The platform lists them in no useful order.
    this.#sockets = new ParkedSockets(() => [...list()].sort((a, b) => since(a) - since(b)));
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** The claim that has waited longest. */
  get first(): { readonly socket: ClaimSocket; readonly holder: string } | null {
    for (const [socket, { holder }] of this.#sockets) return { socket, holder };
    return null;
  }

  /** Parks a claim behind the socket that `accept` makes. */
  park(claim: Claim, accept: (claim: Claim) => ClaimSocket): void {
    // Before the socket is accepted, or the platform would list it as well.
    const holders = this.#holders();
    const socket = accept(claim);
    this.#sockets.add(socket, claim);
    holders.set(claim.holder, socket);
  }

  /** Removes the earlier claim of a holder that claims again. Returns its socket, if there is one. */
  supersede(holder: string): ClaimSocket | null {
    const earlier = this.#holders().get(holder) ?? null;
    if (earlier) this.remove(earlier, holder);
    return earlier;
  }

  remove(socket: ClaimSocket, holder: string): void {
    this.#sockets.remove(socket);
    if (this.#byHolder?.get(holder) === socket) this.#byHolder.delete(holder);
  }

  #holders(): Map<string, ClaimSocket> {
    if (this.#byHolder === null) {
      this.#byHolder = new Map();
      for (const [socket, { holder }] of this.#sockets) this.#byHolder.set(holder, socket);
    }
    return this.#byHolder;
  }
}

function since(socket: ClaimSocket): number {
  return socket.deserializeAttachment().sinceMs;
}
