import { logLine } from "../log-line.ts";

/**
 * Something that another object must learn. It stands on disk with the state that causes it until
 * its receiver has taken it; receivers are idempotent, so it may come twice.
 */
export interface OutboxEntry<Effect> {
  /** A later entry replaces an earlier one with the same key. */
  readonly key: string;
  /** Tells an entry from the one that it replaced; it grows. */
  readonly serial: number;
  readonly effect: Effect;
}

export type Outbox<Effect> = readonly OutboxEntry<Effect>[];

/** The outbox with one more entry. */
export function withEntry<Effect>(
  outbox: Outbox<Effect>,
  entry: OutboxEntry<Effect>,
): Outbox<Effect> {
  return [...outbox.filter(({ key }) => key !== entry.key), entry];
}

/** The outbox without an entry whose receiver has taken it; one that replaced it stays. */
export function withoutEntry<Effect>(
  outbox: Outbox<Effect>,
  { key, serial }: OutboxEntry<Effect>,
): Outbox<Effect> {
  return outbox.filter((entry) => entry.key !== key || entry.serial !== serial);
}

/** A receiver that has not answered by then is asked again. */
const ANSWERS_WITHIN_MS = 10_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;

interface Trial {
  readonly serial: number;
  readonly failures: number;
  /** When it is sent again, unless its receiver has taken it by then. */
  readonly againAtMs: number;
}

interface OutboxPort<Effect> {
  /** Whose outbox it is, for the log. */
  readonly about: Readonly<Record<string, string>>;
  now(): number;
  random(): number;
  /** Rejects if the receiver has not taken it. */
  send(effect: Effect): Promise<void>;
  /** The receiver has taken it. */
  taken(entry: OutboxEntry<Effect>): Promise<void>;
  /** The receiver has not taken it, and is asked again later. */
  refused(): Promise<void>;
}

/**
 * Sends what stands in an outbox, again and again until it is taken. How often that was tried is known
 * in memory only: after an eviction all of it is due at once.
 */
export class OutboxSender<Effect> {
  readonly #port: OutboxPort<Effect>;
  readonly #trials = new Map<string, Trial>();
  readonly #sending = new Set<Promise<void>>();

  constructor(port: OutboxPort<Effect>) {
    this.#port = port;
  }

  /** When something has to be sent; null: nothing is left. */
  dueAtMs(outbox: Outbox<Effect>): number | null {
    if (outbox.length === 0) return null;
    return Math.min(...outbox.map((entry) => this.#trialOf(entry)?.againAtMs ?? this.#port.now()));
  }

  /** Sends what is due, and does not wait for it. */
  send(outbox: Outbox<Effect>): void {
    const nowMs = this.#port.now();
    for (const entry of outbox) {
      const trial = this.#trialOf(entry);
      if (trial !== undefined && nowMs < trial.againAtMs) continue;
      this.#note(entry, trial?.failures ?? 0, ANSWERS_WITHIN_MS);
      const sending = this.#send(entry).catch((error) => {
        // It stands on disk, and the alarm is set: it is sent again.
        const fields = { ...this.#port.about, key: entry.key, error: String(error) };
        console.error(logLine("effect_failed", fields));
      });
      this.#sending.add(sending);
      sending.finally(() => this.#sending.delete(sending));
    }
  }

  /** Resolves once nothing is on its way. */
  async settled(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  async #send(entry: OutboxEntry<Effect>): Promise<void> {
    try {
      await this.#port.send(entry.effect);
    } catch (error) {
      const failures = (this.#trialOf(entry)?.failures ?? 0) + 1;
      const longestMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      // Half of it is random, so that tasks that failed together do not come back together.
      this.#note(entry, failures, longestMs * (0.5 + this.#port.random() / 2));
      await this.#port.refused();
      throw error;
    }
    if (this.#trialOf(entry)) this.#trials.delete(entry.key);
    await this.#port.taken(entry);
  }

  #note({ key, serial }: OutboxEntry<Effect>, failures: number, pauseMs: number): void {
    this.#trials.set(key, { serial, failures, againAtMs: this.#port.now() + pauseMs });
  }

  #trialOf({ key, serial }: OutboxEntry<Effect>): Trial | undefined {
    const trial = this.#trials.get(key);
    return trial?.serial === serial ? trial : undefined;
  }
}
