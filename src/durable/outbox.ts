import { logLine } from "../log-line.ts";

/**
 * Something another object must learn. It stays on disk, with the state that caused it, until its
 * receiver accepts it. It may arrive twice, so receivers are idempotent.
 */
export interface OutboxEntry<Effect> {
  /** A later entry replaces an earlier one with the same key. */
  readonly key: string;
  /** Tells an entry from the one it replaced. Grows with each entry of a key. */
  readonly serial: number;
  readonly effect: Effect;
}

export type Outbox<Effect> = readonly OutboxEntry<Effect>[];

/** Returns the outbox with an entry added, in place of one with the same key. */
export function withEntry<Effect>(
  outbox: Outbox<Effect>,
  entry: OutboxEntry<Effect>,
): Outbox<Effect> {
  return [...outbox.filter(({ key }) => key !== entry.key), entry];
}

/** Returns the outbox without an accepted entry. One that replaced it stays. */
export function withoutEntry<Effect>(
  outbox: Outbox<Effect>,
  { key, serial }: OutboxEntry<Effect>,
): Outbox<Effect> {
  return outbox.filter((entry) => entry.key !== key || entry.serial !== serial);
}

/** How long to wait for a receiver's answer before sending again. */
const ANSWERS_WITHIN_MS = 10_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;

interface RetryState {
  readonly serial: number;
  readonly failures: number;
  /** When to send it again, unless the receiver accepts it first. */
  readonly againAtMs: number;
}

interface OutboxPort<Effect> {
  /** Whose outbox it is, for the log. */
  readonly about: Readonly<Record<string, string>>;
  now(): number;
  random(): number;
  /** Rejects if the receiver did not accept it. */
  send(effect: Effect): Promise<void>;
  /** Called when the receiver has accepted an entry. */
  taken(entry: OutboxEntry<Effect>): Promise<void>;
  /** Called when the receiver did not accept an entry, which is then sent again later. */
  refused(): Promise<void>;
}

/**
 * Sends the entries of an outbox, and retries each until it is accepted. Retries are tracked in
 * memory only: after an eviction, everything is due at once.
 */
export class OutboxSender<Effect> {
  readonly #port: OutboxPort<Effect>;
  readonly #retries = new Map<string, RetryState>();
  readonly #sending = new Set<Promise<void>>();

  constructor(port: OutboxPort<Effect>) {
    this.#port = port;
  }

  /** When the next entry is due, or null if the outbox is empty. */
  dueAtMs(outbox: Outbox<Effect>): number | null {
    if (outbox.length === 0) return null;
    return Math.min(...outbox.map((entry) => this.#retryOf(entry)?.againAtMs ?? this.#port.now()));
  }

  /** Sends what is due, without waiting for it. */
  send(outbox: Outbox<Effect>): void {
    const nowMs = this.#port.now();
    for (const entry of outbox) {
      const retry = this.#retryOf(entry);
      if (retry !== undefined && nowMs < retry.againAtMs) continue;
      this.#note(entry, retry?.failures ?? 0, ANSWERS_WITHIN_MS);
      const sending = this.#send(entry).catch((error) => {
        // The entry is on disk and the alarm is set, so it is sent again.
        const fields = { ...this.#port.about, key: entry.key, error: String(error) };
        console.error(logLine("effect_failed", fields));
      });
      this.#sending.add(sending);
      sending.finally(() => this.#sending.delete(sending));
    }
  }

  /** Resolves once nothing is being sent. */
  async settled(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  async #send(entry: OutboxEntry<Effect>): Promise<void> {
    try {
      await this.#port.send(entry.effect);
    } catch (error) {
      const failures = (this.#retryOf(entry)?.failures ?? 0) + 1;
      const longestMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      // Half of it is random, so that tasks that failed together do not retry together.
      this.#note(entry, failures, longestMs * (0.5 + this.#port.random() / 2));
      await this.#port.refused();
      throw error;
    }
    if (this.#retryOf(entry)) this.#retries.delete(entry.key);
    await this.#port.taken(entry);
  }

  #note({ key, serial }: OutboxEntry<Effect>, failures: number, pauseMs: number): void {
    this.#retries.set(key, { serial, failures, againAtMs: this.#port.now() + pauseMs });
  }

  #retryOf({ key, serial }: OutboxEntry<Effect>): RetryState | undefined {
    const retry = this.#retries.get(key);
    return retry?.serial === serial ? retry : undefined;
  }
}
