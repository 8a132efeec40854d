import { Offers } from "./offers.ts";
import { type Place, placeAt, sinceMs } from "./queue.ts";
import type { QueueStore, Waiting } from "./queue-store.ts";

/** How many tasks whose time has come are moved in one turn. */
const PROMOTED_AT_ONCE = 500;
/** Where the first that wait are being offered, so many are looked at at once to find one that is not. */
const PAGE = 16;

/** When a task wants to be claimed, and before which others. */
export interface Wish {
  readonly id: string;
  readonly priority: number;
  /** Null: now. */
  readonly availableAtMs: number | null;
}

/**
 * The tasks that wait, on disk, and whom they are offered to, in memory. It counts its rows once,
 * when it is made, and keeps count from then on.
 */
export class WaitingLine {
  readonly offers = new Offers();
  readonly #store: QueueStore;
  #pending: number;
  #delayed: number;
  #nextDelayedAtMs: number | null;
  #lastPlace = 0;

  constructor(store: QueueStore) {
    this.#store = store;
    const { pending, delayed } = store.counts();
    this.#pending = pending;
    this.#delayed = delayed;
    this.#nextDelayedAtMs = store.nextDelayedAtMs();
  }

  get pending(): number {
    return this.#pending;
  }

  get delayed(): number {
    return this.#delayed;
  }

  /** No delayed task's time comes before. Null: there is none. */
  get nextDelayedAtMs(): number | null {
    return this.#delayed === 0 ? null : this.#nextDelayedAtMs;
  }

  /** Since when the longest waiting task can be claimed. Null: there is none. */
  oldestSinceMs(): number | null {
    const place = this.#store.oldestPlace();
    return place === null ? null : sinceMs(place);
  }

  /** Offers are over, and delayed tasks can be claimed: not all at once, if they are many. */
  pass(nowMs: number): void {
    this.offers.expire(nowMs);
    const nextAtMs = this.nextDelayedAtMs;
    if (nextAtMs === null || nowMs < nextAtMs) return;
    const promoted = this.#store.promote(nowMs, PROMOTED_AT_ONCE);
    this.#pending += promoted;
    this.#delayed -= promoted;
    this.#nextDelayedAtMs = this.#store.nextDelayedAtMs();
    this.offers.lookFromTheBeginning();
  }

  /** A task waits, as it says itself. One that has this place already keeps it. */
  add(wish: Wish, nowMs: number): void {
    this.offers.endKeptBack(wish.id);
    this.#put(wish, nowMs);
  }

  /** A task will wait if it is declared, and is kept back until it says so. */
  reserve(wish: Wish, nowMs: number): void {
    if (this.#store.find(wish.id) !== null) return;
    this.offers.keepBack(this.#put(wish, nowMs), nowMs);
  }

  /** Nothing could be learned of a task: it is kept back for a while. */
  keepBack(id: string, nowMs: number): void {
    const waiting = this.#store.find(id);
    if (waiting) this.offers.keepBack(waiting, nowMs);
  }

  /** A task does not wait, as it says itself. */
  remove(id: string): void {
    this.offers.end(id);
    const before = this.#store.find(id);
    if (before === null) return;
    this.#uncount(before);
    this.#store.remove(id);
  }

  /** Offers the first task that nobody is about to start. */
  offer(holder: string, nowMs: number): Place | null {
    const place = this.#firstFree();
    if (place) this.offers.offer(place, holder, nowMs);
    return place;
  }

  #firstFree(): Place | null {
    let after = this.offers.head;
    for (;;) {
      const page = this.#store.readyAfter(after, PAGE);
      const free = page.find(({ id }) => !this.offers.isTaken(id));
      if (free) return free;
      if (page.length < PAGE) return null;
      after = page.at(-1) ?? null;
    }
  }

  #put({ id, priority, availableAtMs }: Wish, nowMs: number): Waiting {
    const rank = -priority;
    const isDelayed = availableAtMs !== null && availableAtMs > nowMs;
    const wanted = isDelayed ? availableAtMs : null;
    const before = this.#store.find(id);
    if (before?.rank === rank && before.availableAtMs === wanted) return before;
    const wasReady = before?.availableAtMs === null;
    const place = wasReady ? before.place : this.#nextPlace(nowMs);
    const waiting = { id, rank, place, availableAtMs: wanted };
    if (before) this.#uncount(before);
    this.#store.put(waiting);
    if (isDelayed) {
      this.#nextDelayedAtMs = Math.min(availableAtMs, this.nextDelayedAtMs ?? availableAtMs);
      this.#delayed += 1;
    } else {
      this.offers.rewind(waiting);
      this.#pending += 1;
    }
    return waiting;
  }

  /** Behind all others of its rank; after an eviction, too, unless the clock was set back. */
  #nextPlace(nowMs: number): number {
    this.#lastPlace = Math.max(this.#lastPlace + 1, placeAt(nowMs));
    return this.#lastPlace;
  }

  #uncount({ availableAtMs }: Waiting): void {
    if (availableAtMs === null) this.#pending -= 1;
    else this.#delayed -= 1;
  }
}
