import type { QueueSettings } from "../../worker-client/protocol-queues.ts";
import type { Slot, StoredSettings, TaskWord } from "./queue.ts";
import type { QueueStore } from "./queue-store.ts";
import type { HeldOffer, Offer, OfferEnd } from "./queue-stub.ts";
import { Slots } from "./slots.ts";
import { type Entry, WaitingLine } from "./waiting-line.ts";

type WaitsWord = Extract<TaskWord, { kind: "waits" }>;
type Counts = Readonly<Record<"pending" | "delayed" | "running", number>>;

/**
 * What a queue has on disk: the tasks that wait, those that run, and its settings. All tasks are hints.
 * Each is offered to one worker at a time, and leaves only on its own word.
 */
export class QueueBook {
  readonly #store: QueueStore;
  readonly #line: WaitingLine;
  readonly #slots: Slots;
  #settings: StoredSettings;

  constructor(store: QueueStore) {
    this.#store = store;
    this.#line = new WaitingLine(store);
    this.#slots = new Slots(store);
    this.#settings = store.settings();
  }

  get settings(): StoredSettings {
    return this.#settings;
  }

  get counts(): Counts {
    const { pending, delayed } = this.#line;
    return { pending, delayed, running: this.#slots.count };
  }

  /** Since when the longest waiting task can be claimed, or null if none can. */
  oldestSinceMs(): number | null {
    return this.#line.oldestSinceMs();
  }

  /** No delayed task can be claimed before this. Null if there is none. */
  get nextDelayedAtMs(): number | null {
    return this.#line.nextDelayedAtMs;
  }

  /** When the first offer that is not settled ends, or null if there is none. */
  get firstOfferEndsAtMs(): number | null {
    return this.#line.offers.firstEndsAtMs;
  }

  get nextCheckAtMs(): number | null {
    return this.#slots.nextCheckAtMs;
  }

  /** Catches up with the clock: ends offers, and makes delayed tasks claimable. */
  advance(nowMs: number): void {
    this.#line.advance(nowMs);
  }

  configure(asked: QueueSettings): void {
    const { paused, accepting, maxRunning } = this.#settings;
    const settings = {
      paused: asked.paused ?? paused,
      accepting: asked.accepting ?? accepting,
      maxRunning: asked.maxRunning === undefined ? maxRunning : asked.maxRunning,
    };
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.#store.putSettings(settings);
    this.#settings = settings;
  }

  /**
   * Reserves places for tasks before they exist, so that no task is ever without one. They are held back
   * until they say that they wait; one that is never declared is dropped when it is offered. Returns false
   * if the queue takes no new tasks.
   */
  reserve(tasks: readonly Entry[], nowMs: number): boolean {
    if (!this.#settings.accepting) return false;
    for (const task of tasks) {
      if (this.#slots.get(task.id) === null) this.#line.reserve(task, nowMs);
    }
    return true;
  }

  /**
   * Records what a task says of itself. Writes the new row first: if a statement fails in between, the
   * task has two rows and is not lost, and its next word removes one.
   */
  hear(id: string, word: TaskWord, nowMs: number): void {
    switch (word.kind) {
      case "waits":
        // A newer run is known already.
        if ((this.#slots.get(id)?.attempt ?? 0) > word.attempt) return;
        this.#hearWaits(id, word, nowMs);
        break;
      case "runs":
        this.#slots.take({ id, attempt: word.attempt, holder: word.holder }, nowMs);
        this.#line.remove(id);
        break;
      case "gone":
        this.#line.remove(id);
        this.#slots.free(id);
    }
  }

  #hearWaits(id: string, { priority, availableAtMs }: WaitsWord, nowMs: number): void {
    this.#line.add({ id, priority, availableAtMs }, nowMs);
    this.#slots.free(id);
  }

  /** Offers a holder the task that it already runs or was offered, or else the next one. */
  offer(holder: string, nowMs: number): Offer | null {
    const running = this.#slots.ofHolder(holder);
    if (running !== null) return { id: running };
    const { offers } = this.#line;
    const offered = offers.ofHolder(holder);
    if (offered === null) return this.offerNext(holder, nowMs);
    offers.renew(offered, nowMs);
    return { id: offered };
  }

  /** Offers the next task. Returns null if there is none, the queue is paused, or no more may run. */
  offerNext(holder: string, nowMs: number): Offer | null {
    const { paused, maxRunning } = this.#settings;
    const used = this.#slots.count + this.#line.offers.count;
    if (paused || (maxRunning !== null && used >= maxRunning)) return null;
    const place = this.#line.offer(holder, nowMs);
    return place && { id: place.id };
  }

  /** Records what came of an offer. */
  settle({ id, holder }: HeldOffer, end: OfferEnd, nowMs: number): void {
    const { offers } = this.#line;
    switch (end.kind) {
      case "declined":
        offers.endOf(id, holder);
        break;
      case "unreachable":
        this.#line.holdBack(id, nowMs);
        break;
      default:
        offers.endOf(id, holder);
        this.hear(id, afterPause(end, nowMs), nowMs);
    }
  }

  /** Returns the runs to check now. Each counts as checked, even if it turns out to be unreachable. */
  beginChecks(nowMs: number, limit: number): readonly Slot[] {
    return this.#slots.beginChecks(nowMs, limit);
  }

  /** Records the result of a check, unless the slot has changed since. */
  endCheck({ id, attempt }: Slot, word: TaskWord, nowMs: number): void {
    if (this.#slots.get(id)?.attempt !== attempt) return;
    if (word.kind === "waits") this.#hearWaits(id, word, nowMs);
    else this.hear(id, word, nowMs);
  }
}

/** How long not to offer a waiting task that has refused a worker: its object's clock is behind ours. */
const REFUSED_PAUSE_MS = 1000;

function afterPause(word: TaskWord, nowMs: number): TaskWord {
  if (word.kind !== "waits") return word;
  return { ...word, availableAtMs: Math.max(word.availableAtMs ?? 0, nowMs + REFUSED_PAUSE_MS) };
}
