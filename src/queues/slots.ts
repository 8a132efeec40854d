import { checkedSlot, newSlot, type Slot } from "./queue.ts";
import type { QueueStore } from "./queue-store.ts";

/**
 * The tasks that run, on disk and in memory. Counts them, finds the task of a holder, and says which
 * tasks to check from time to time.
 */
export class Slots {
  readonly #store: QueueStore;
  readonly #byId: Map<string, Slot>;
  readonly #byHolder: Map<string, string>;
  /** No slot is due for a check before this. It may be too early, as the run that was next may have ended. */
  #nextCheckAtMs: number | null = null;

  constructor(store: QueueStore) {
    this.#store = store;
    const slots = store.slots();
    this.#byId = new Map(slots.map((slot) => [slot.id, slot]));
    this.#byHolder = new Map(slots.map(({ holder, id }) => [holder, id]));
    this.#findNextCheck();
  }

  get count(): number {
    return this.#byId.size;
  }

  get nextCheckAtMs(): number | null {
    return this.#nextCheckAtMs;
  }

  get(id: string): Slot | null {
    return this.#byId.get(id) ?? null;
  }

  /** The task that a holder runs. */
  ofHolder(holder: string): string | null {
    return this.#byHolder.get(holder) ?? null;
  }

  /** Records that a task runs, unless it is known already. */
  take(run: Pick<Slot, "id" | "attempt" | "holder">, nowMs: number): void {
    const known = this.#byId.get(run.id);
    if (known?.attempt === run.attempt && known.holder === run.holder) return;
    if (known) this.#forget(known);
    this.#keep(newSlot(run, nowMs));
  }

  /** Records that a task does not run. */
  free(id: string): void {
    const slot = this.#byId.get(id);
    if (slot === undefined) return;
    this.#forget(slot);
    this.#store.removeSlot(id);
  }

  /**
   * Returns the slots to check now, at most `limit`. Each counts as checked, so that a task that cannot be
   * reached is not asked again at once.
   */
  beginChecks(nowMs: number, limit: number): readonly Slot[] {
    if (this.#nextCheckAtMs === null || nowMs < this.#nextCheckAtMs) return [];
    const due = [...this.#byId.values()].filter(({ checkAtMs }) => checkAtMs <= nowMs);
    const begun = due.slice(0, limit);
    for (const slot of begun) this.#keep(checkedSlot(slot, nowMs));
    this.#findNextCheck();
    return begun;
  }

  #forget({ id, holder }: Slot): void {
    this.#byId.delete(id);
    if (this.#byHolder.get(holder) === id) this.#byHolder.delete(holder);
  }

  #keep(slot: Slot): void {
    this.#byId.set(slot.id, slot);
    this.#byHolder.set(slot.holder, slot.id);
    this.#store.putSlot(slot);
    this.#nextCheckAtMs = Math.min(slot.checkAtMs, this.#nextCheckAtMs ?? slot.checkAtMs);
  }

  #findNextCheck(): void {
    this.#nextCheckAtMs = null;
    for (const { checkAtMs } of this.#byId.values()) {
      this.#nextCheckAtMs = Math.min(checkAtMs, this.#nextCheckAtMs ?? checkAtMs);
    }
  }
}
