import { Offers } from "./offers.ts";
import { type Place, placeAt, sinceMs } from "./queue.ts";
import type { QueueStore, Waiting } from "./queue-store.ts";

/** How many delayed tasks can become claimable in one turn. */
const PROMOTED_AT_ONCE = 500;
/** How many rows to read at a time to find a task that is not taken. */
const PAGE = 16;

/** A task to put in line. */
export interface Entry {
  readonly id: string;
  readonly priority: number;
  /** When the task can be claimed, or null for now. */
  readonly availableAtMs: number | null;
}

/**
 * The tasks that wait, on disk, and their offers, in memory. Counts its rows once, when it is
 * constructed, and keeps count from then on.
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

  /** No delayed task can be claimed before this. Null if there is none. */
  get nextDelayedAtMs(): number | null {
    return this.#delayed === 0 ? null : this.#nextDelayedAtMs;
  }

  /** Since when the longest waiting task can be claimed, or null if none can. */
  oldestSinceMs(): number | null {
    const place = this.#store.oldestPlace();
    return place === null ? null : sinceMs(place);
  }

  /** Ends offers, and makes delayed tasks claimable: if they are many, not all at once. */
  advance(nowMs: number): void {
    this.offers.expire(nowMs);
    const nextAtMs = this.nextDelayedAtMs;
    if (nextAtMs === null || nowMs < nextAtMs) return;
    const promoted = this.#store.promote(nowMs, PROMOTED_AT_ONCE);
    this.#pending += promoted;
    this.#delayed -= promoted;
    this.#nextDelayedAtMs = this.#store.nextDelayedAtMs();
    this.offers.rewindToStart();
  }

  /** Adds a task that says that it waits. One that has this place already keeps it. */
  add(entry: Entry, nowMs: number): void {
    this.offers.endHold(entry.id);
    this.#put(entry, nowMs);
  }

  /** Adds a task that is yet to be declared, and holds it back until it says that it waits. */
  reserve(entry: Entry, nowMs: number): void {
    if (this.#store.find(entry.id) !== null) return;
    this.offers.holdBack(this.#put(entry, nowMs), nowMs);
  }

  /** Holds a task back for a while, because it could not be reached. */
  holdBack(id: string, nowMs: number): void {
    const waiting = this.#store.find(id);
    if (waiting) this.offers.holdBack(waiting, nowMs);
  }

  /** Removes a task that says that it does not wait. */
  remove(id: string): void {
    this.offers.end(id);
    const before = this.#store.find(id);
    if (before === null) return;
    this.#uncount(before);
    this.#store.remove(id);
  }

  /** Offers the first task that is not taken, or returns null. */
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

  #put({ id, priority, availableAtMs }: Entry, nowMs: number): Waiting {
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

  /** A place behind all others of its rank, even after an eviction, unless the clock was set back. */
  #nextPlace(nowMs: number): number {
    this.#lastPlace = Math.max(this.#lastPlace + 1, placeAt(nowMs));
    return this.#lastPlace;
  }

  #uncount({ availableAtMs }: Waiting): void {
    if (availableAtMs === null) this.#pending -= 1;
    else this.#delayed -= 1;
  }
}
