import { isBefore, type Place } from "./queue.ts";

/** How long a worker that was offered a task may take to start it, and a Worker to declare one. */
export const OFFER_MS = 15_000;

interface Taken {
  readonly place: Place;
  readonly untilMs: number;
  /** Whom it was offered to. Null: it is kept back. */
  readonly holder: string | null;
}

/**
 * The tasks that are not offered to anybody else for a while: a worker was offered them and is about
 * to start them, or they are kept back, since they are still being declared or could not be reached.
 * All of it is in memory. If it is lost, a task is offered twice, and its second start is refused.
 */
export class Offers {
  /** The earliest end first: all of them last equally long. */
  readonly #taken = new Map<string, Taken>();
  readonly #byHolder = new Map<string, string>();
  /** Whatever waits up to here is taken. Null: not known. */
  #head: Place | null = null;

  /** How many workers are about to start a task. */
  get count(): number {
    return this.#byHolder.size;
  }

  /** From where on to look for a task that is not taken. Null: from the beginning. */
  get head(): Place | null {
    return this.#head;
  }

  /** When the first of them is over. Null: there are none. */
  get firstEndsAtMs(): number | null {
    const [first] = this.#taken.values();
    return first?.untilMs ?? null;
  }

  isTaken(id: string): boolean {
    return this.#taken.has(id);
  }

  /** The task that a holder was offered and has not yet started. */
  ofHolder(holder: string): string | null {
    return this.#byHolder.get(holder) ?? null;
  }

  /** Offers the first task that is not taken, up to which all others are. */
  offer(place: Place, holder: string, nowMs: number): void {
    this.#take({ place, holder, untilMs: nowMs + OFFER_MS });
    this.#byHolder.set(holder, place.id);
    this.#head = place;
  }

  /** A holder asks again for what it was offered: its time begins anew. */
  renew(id: string, nowMs: number): void {
    const taken = this.#taken.get(id);
    if (taken) this.#take({ ...taken, untilMs: nowMs + OFFER_MS });
  }

  /** Offers a task to nobody for a while. */
  keepBack(place: Place, nowMs: number): void {
    this.end(place.id);
    this.#take({ place, holder: null, untilMs: nowMs + OFFER_MS });
  }

  /** The task can be offered again, or waits no longer. */
  end(id: string): void {
    const taken = this.#taken.get(id);
    if (taken === undefined) return;
    this.#taken.delete(id);
    if (taken.holder !== null) this.#byHolder.delete(taken.holder);
    this.rewind(taken.place);
  }

  /** Ends what keeps a task back, but not the offer of it. */
  endKeptBack(id: string): void {
    if (this.#taken.get(id)?.holder === null) this.end(id);
  }

  /** Ends the offer of a task to this holder. */
  endOf(id: string, holder: string): void {
    if (this.#taken.get(id)?.holder === holder) this.end(id);
  }

  /** There may be a task at this place now that is not taken. */
  rewind(place: Place): void {
    if (this.#head === null || isBefore(this.#head, place)) return;
    // Nothing has an empty id, so this place itself comes after it.
    this.#head = { ...place, id: "" };
  }

  /** There may be tasks anywhere now that are not taken. */
  lookFromTheBeginning(): void {
    this.#head = null;
  }

  /** Forgets the offers that are over. */
  expire(nowMs: number): void {
    for (const [id, { untilMs }] of this.#taken) {
      if (untilMs > nowMs) return;
      this.end(id);
    }
  }

  #take(taken: Taken): void {
    this.#taken.delete(taken.place.id);
    this.#taken.set(taken.place.id, taken);
  }
}
