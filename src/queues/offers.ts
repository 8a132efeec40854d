import { isBefore, type Place } from "./queue.ts";

/** How long a worker has to start a task that it was offered, or a Worker to declare one that it reserved. */
const OFFER_MS = 15_000;

interface Taken {
  readonly place: Place;
  readonly untilMs: number;
  /** The holder that it was offered to, or null if it is held back. */
  readonly holder: string | null;
}

/**
 * The tasks that are not offered to anyone else for a while: a worker was offered them and is about to
 * start them, or they are held back because they are still being declared or could not be reached. All of
 * it is in memory: if it is lost, a task may be offered twice, and its second start is refused.
 */
export class Offers {
  /** In order of their ends, because all of them last equally long. */
  readonly #taken = new Map<string, Taken>();
  readonly #byHolder = new Map<string, string>();
  /** Every task that waits up to here is taken. Null if not known. */
  #head: Place | null = null;

  /** How many workers are about to start a task. */
  get count(): number {
    return this.#byHolder.size;
  }

  /** Where to begin to look for a task that is not taken, or null for the start of the line. */
  get head(): Place | null {
    return this.#head;
  }

  /** When the first of them ends, or null if there are none. */
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

  /** Offers a task, which must be the first in line that is not taken. */
  offer(place: Place, holder: string, nowMs: number): void {
    this.#take({ place, holder, untilMs: nowMs + OFFER_MS });
    this.#byHolder.set(holder, place.id);
    this.#head = place;
  }

  /** Restarts the time of an offer whose holder has asked again. */
  renew(id: string, nowMs: number): void {
    const taken = this.#taken.get(id);
    if (taken) this.#take({ ...taken, untilMs: nowMs + OFFER_MS });
  }

  /** Offers a task to no one for a while. */
  holdBack(place: Place, nowMs: number): void {
    this.end(place.id);
    this.#take({ place, holder: null, untilMs: nowMs + OFFER_MS });
  }

  /** Ends the offer of a task or the hold on it: it can be offered again, or no longer waits. */
  end(id: string): void {
    const taken = this.#taken.get(id);
    if (taken === undefined) return;
    this.#taken.delete(id);
    if (taken.holder !== null) this.#byHolder.delete(taken.holder);
    this.rewind(taken.place);
  }

  /** Ends the hold on a task, but not an offer of it. */
  endHold(id: string): void {
    if (this.#taken.get(id)?.holder === null) this.end(id);
  }

  /** Ends the offer of a task to this holder. */
  endOf(id: string, holder: string): void {
    if (this.#taken.get(id)?.holder === holder) this.end(id);
  }

  /** Moves the head back to a place where a task may be free. */
  rewind(place: Place): void {
    if (this.#head === null || isBefore(this.#head, place)) return;
    // No task has an empty id, so the place itself comes after the head.
    this.#head = { ...place, id: "" };
  }

  /** Moves the head to the start of the line, because any task may be free. */
  rewindToStart(): void {
    this.#head = null;
  }

  /** Ends the offers and holds whose time is over. */
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
