/** As much of an object's storage as its alarm needs. */
interface Storage {
  setAlarm(atMs: number): Promise<void>;
}

/**
 * The one alarm of an object. It rings at the time that it is set to or later, and is never lost. The
 * platform alone does not see to that: it cuts off fractions of a millisecond, so the alarm can ring
 * before its time; and if it is then set to the time for which it rings, nothing has changed for the
 * platform, which takes it for done.
 */
export class Alarm {
  readonly #storage: Storage;
  /** Null: it has not rung since the object woke up. */
  #rangForMs: number | null = null;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** It rings. Without `info`, somebody rings it by hand. */
  rings(info?: { readonly scheduledTime: number }): void {
    this.#rangForMs = info?.scheduledTime ?? null;
  }

  set(atMs: number): Promise<void> {
    const wholeMs = Math.ceil(atMs);
    return this.#storage.setAlarm(wholeMs === this.#rangForMs ? wholeMs + 1 : wholeMs);
  }
}
