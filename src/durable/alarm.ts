/** The part of an object's storage that `Alarm` uses. */
interface Storage {
  setAlarm(atMs: number): Promise<void>;
}

/**
 * An object's one alarm. It fires at the set time or later, and is never lost. The platform alone
 * does not ensure that: it drops fractions of a millisecond, so an alarm can fire early. If it is
 * then set again to the time it fires for, the platform sees no change and considers it done.
 */
export class Alarm {
  readonly #storage: Storage;
  /** The time the alarm last fired for, or null if it has not fired since the object woke. */
  #rangForMs: number | null = null;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Call this first when the alarm fires. `info` is missing if a test fires it by hand. */
  rings(info?: { readonly scheduledTime: number }): void {
    this.#rangForMs = info?.scheduledTime ?? null;
  }

  set(atMs: number): Promise<void> {
    const wholeMs = Math.ceil(atMs);
    return this.#storage.setAlarm(wholeMs === this.#rangForMs ? wholeMs + 1 : wholeMs);
  }
}
