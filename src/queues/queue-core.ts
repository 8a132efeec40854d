import type { QueueSettings, QueueState } from "../../worker-client/protocol-queues.ts";
import { logLine } from "../log-line.ts";
import { type CountSocket, type CountWatch, CountWatchers } from "./count-watchers.ts";
import { type Claim, type ClaimSocket, ParkedClaims } from "./parked-claims.ts";
import type { TaskNews, TaskWord } from "./queue.ts";
import { QueueBook } from "./queue-book.ts";
import { QueueStore, type Sql } from "./queue-store.ts";
import type { ClaimMessage, HeldOffer, Offer, OfferEnd } from "./queue-stub.ts";
import type { Entry } from "./waiting-line.ts";

/** What a queue needs from the platform. What is sent after a write must not leave before it is on disk. */
export interface QueuePort {
  readonly name: string;
  now(): number;
  /** Either everything that one turn writes reaches the disk, or nothing does. */
  readonly sql: Sql;
  claims(): readonly ClaimSocket[];
  counters(): readonly CountSocket[];
  setAlarm(atMs: number): Promise<void>;
  /** Returns what a task says of itself. Rejects if the task cannot be reached. */
  askTask(id: string): Promise<TaskWord>;
}

/** The result of a claim: an offer at once, no room for another socket, or a socket that `accept` has made. */
type ClaimAnswer =
  | { readonly kind: "offered"; readonly offer: Offer }
  | { readonly kind: "full" }
  | { readonly kind: "parked" };

/** How many sockets one queue may have; the platform's own limit is 32,768 an object. */
const MAX_SOCKETS = 10_000;
const CHECKS_AT_ONCE = 50;
const ALARM_RETRY_MS = 1000;

/**
 * A queue: which tasks wait, in which order, and how many run. All of it is a hint. A task is offered to
 * one worker at a time, and leaves the queue only on its own word; one that the queue has lost puts itself
 * back.
 */
export class QueueCore {
  readonly #port: QueuePort;
  readonly #store: QueueStore;
  readonly #claims: ParkedClaims;
  readonly #counters: CountWatchers;
  #known: QueueBook | null = null;
  /** The alarm fires then or earlier. Null if not known. */
  #armedAtMs: number | null = null;

  constructor(port: QueuePort) {
    this.#port = port;
    this.#store = new QueueStore(port.sql);
    this.#claims = new ParkedClaims(() => port.claims());
    this.#counters = new CountWatchers(() => port.counters());
  }

  async read(): Promise<QueueState> {
    await this.#turn(() => {});
    return this.#state(this.#port.now());
  }

  async configure(settings: QueueSettings): Promise<QueueState> {
    await this.#turn((book) => book.configure(settings));
    return this.#state(this.#port.now());
  }

  async reserve(tasks: readonly Entry[]): Promise<boolean> {
    return this.#turn((book, nowMs) => book.reserve(tasks, nowMs));
  }

  async hear(news: readonly TaskNews[]): Promise<void> {
    await this.#turn((book, nowMs) => {
      for (const { id, word } of news) book.hear(id, word, nowMs);
    });
  }

  async offer(holder: string): Promise<Offer | null> {
    return this.#turn((book, nowMs) => {
      this.#supersede(holder);
      return book.offer(holder, nowMs);
    });
  }

  async settle(offer: HeldOffer, end: OfferEnd): Promise<void> {
    await this.#turn((book, nowMs) => book.settle(offer, end, nowMs));
  }

  /** Offers a task at once, or parks the claim behind a socket until there is one. */
  async claim(holder: string, accept: (claim: Claim) => ClaimSocket): Promise<ClaimAnswer> {
    // No await between looking at the queue and parking the socket, or a task could slip in between.
    return this.#turn((book, nowMs) => {
      this.#supersede(holder);
      const offer = book.offer(holder, nowMs);
      if (offer) return { kind: "offered", offer };
      if (this.#isFull) return { kind: "full" };
      this.#claims.park({ kind: "claim", holder, sinceMs: nowMs }, accept);
      return { kind: "parked" };
    });
  }

  /** Ends the parked claim of a client that claims again: a task for it would reach no one. */
  #supersede(holder: string): void {
    const earlier = this.#claims.supersede(holder);
    if (earlier) answer(earlier, null);
  }

  /** Sends the counts, now and when they change, to the socket that `accept` makes. */
  async watchCounts(accept: (watch: CountWatch) => CountSocket): Promise<"full" | "parked"> {
    return this.#turn((_, nowMs) => {
      if (this.#isFull) return "full";
      const watch = { kind: "counts" } as const;
      this.#counters.park(accept(watch), watch, this.#snapshot(nowMs));
      return "parked";
    });
  }

  /** Removes the claim of a worker that no longer waits. */
  async leaveClaim(socket: ClaimSocket): Promise<void> {
    await this.#turn(() => this.#claims.remove(socket, socket.deserializeAttachment().holder));
  }

  async leaveCounts(socket: CountSocket): Promise<void> {
    await this.#turn(() => this.#counters.remove(socket));
  }

  /** Runs everything that is due. The alarm may fire twice, late, or for nothing. */
  async ring(): Promise<void> {
    this.#armedAtMs = null;
    try {
      const due = await this.#turn((book, nowMs) => book.beginChecks(nowMs, CHECKS_AT_ONCE));
      if (due.length === 0) return;
      const words = await Promise.all(due.map(({ id }) => this.#ask(id)));
      await this.#turn((book, nowMs) => {
        for (const [index, slot] of due.entries()) {
          const word = words[index];
          if (word) book.endCheck(slot, word, nowMs);
        }
      });
    } catch (error) {
      // The platform drops an alarm that keeps failing, so set it again.
      console.error(logLine("alarm_failed", { queue: this.#port.name, error: String(error) }));
      await this.#port.setAlarm(this.#port.now() + ALARM_RETRY_MS);
    }
  }

  /** Asks a task whether it still runs. Returns null if it cannot be reached: it is asked again later. */
  async #ask(id: string): Promise<TaskWord | null> {
    try {
      return await this.#port.askTask(id);
    } catch (error) {
      console.error(logLine("check_failed", { taskId: id, error: String(error) }));
      return null;
    }
  }

  /**
   * Runs everything that happens to a queue as one turn, so that all of it reaches the disk or nothing
   * does: catches up with the clock, acts, and tells those who wait. If a statement fails, memory may be
   * ahead of the disk, so the next turn reads the disk again.
   */
  async #turn<Result>(act: (book: QueueBook, nowMs: number) => Result): Promise<Result> {
    const nowMs = this.#port.now();
    const result = this.#withBook((book) => {
      book.advance(nowMs);
      const acted = act(book, nowMs);
      this.#wake(nowMs);
      if (this.#counters.size > 0) this.#counters.update(this.#snapshot(nowMs));
      return acted;
    });
    await this.#arm(nowMs);
    return result;
  }

  #withBook<Result>(act: (book: QueueBook) => Result): Result {
    try {
      return act(this.#book);
    } catch (error) {
      this.#known = null;
      throw error;
    }
  }

  get #book(): QueueBook {
    this.#known ??= new QueueBook(this.#store);
    return this.#known;
  }

  get #isFull(): boolean {
    return this.#claims.size + this.#counters.size >= MAX_SOCKETS;
  }

  /** Offers a task to each worker that waits, the longest waiting first, until there are no more. */
  #wake(nowMs: number): void {
    for (;;) {
      const { first } = this.#claims;
      if (first === null) return;
      const offer = this.#book.offerNext(first.holder, nowMs);
      if (offer === null) return;
      this.#claims.remove(first.socket, first.holder);
      if (!answer(first.socket, offer)) {
        this.#book.settle({ ...offer, holder: first.holder }, { kind: "declined" }, nowMs);
      }
    }
  }

  /** Sets the alarm for what is due next, unless it fires by then anyway: setting it is a billed write. */
  async #arm(nowMs: number): Promise<void> {
    const atMs = this.#dueAtMs();
    const isArmed = this.#armedAtMs !== null && this.#armedAtMs > nowMs;
    if (atMs === null || (isArmed && (this.#armedAtMs ?? 0) <= atMs)) return;
    this.#armedAtMs = atMs;
    await this.#port.setAlarm(atMs).catch((error: unknown) => {
      this.#armedAtMs = null;
      throw error;
    });
  }

  /** When the queue must next do something unasked, or null if never. */
  #dueAtMs(): number | null {
    const book = this.#book;
    const isAwaited = this.#claims.size > 0 && !book.settings.paused;
    const times = [
      book.nextCheckAtMs,
      this.#counters.dueAtMs,
      isAwaited ? book.firstOfferEndsAtMs : null,
      isAwaited || this.#counters.size > 0 ? book.nextDelayedAtMs : null,
    ].filter((atMs) => atMs !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  #state(nowMs: number): QueueState {
    const oldestMs = this.#book.oldestSinceMs();
    return {
      queue: this.#port.name,
      ...this.#book.settings,
      ...this.#book.counts,
      oldestPendingSeconds: oldestMs === null ? null : Math.max(0, nowMs - oldestMs) / 1000,
      waitingWorkers: this.#claims.size,
    };
  }

  #snapshot(nowMs: number) {
    const { settings, counts } = this.#book;
    return {
      counts: JSON.stringify([settings, counts, this.#claims.size]),
      state: () => this.#state(nowMs),
      nowMs,
    };
  }
}

/** Replies to a parked claim. Returns false if its socket is broken. */
function answer(socket: ClaimSocket, message: ClaimMessage): boolean {
  try {
    socket.send(JSON.stringify(message));
    socket.close(1000, "answered");
    return true;
  } catch (error) {
    console.error(logLine("tell_failed", { error: String(error) }));
    return false;
  }
}
