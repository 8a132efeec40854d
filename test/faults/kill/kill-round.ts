import type { SeededRandom } from "../../lab/seeded-random.ts";
import type { History } from "../history/history.ts";
import { LEARN_WITHIN_MS } from "../history/learn-within-ms.ts";
import { RecordedClient } from "../recorded-client.ts";
import { TRANSPORTS } from "../transport.ts";

const CLIENTS = 12;
const WATCHERS = 40;
const GRACE_SECONDS = 0.5;
/** How long a watcher may take to come back: a few pauses of the client's. */
const BACK_WITHIN_MS = 15_000;

interface Options {
  readonly number: number;
  readonly url: string;
  readonly random: SeededRandom;
  readonly history: History;
}

/** Clients that are busy with tasks of their own while the service is killed. */
export class KillRound {
  readonly ids: string[] = [];
  readonly #options: Options;
  readonly #watched = new Map<string, string>();
  readonly #close: (() => void)[] = [];
  readonly #enough = Promise.withResolvers<void>();
  #acknowledged = 0;
  #cancelsWanted = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** How many cancels have been acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Keeps the clients busy until the service has been killed, and their calls are answered. */
  async load(): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => this.#beBusy(client)));
  }

  /** Resolves in the turn in which so many cancels have been acknowledged. */
  async cancelled(wanted: number): Promise<void> {
    this.#cancelsWanted = wanted;
    await this.#enough.promise;
  }

  serviceIsDown(): void {
    this.#isOver = true;
    this.#noteLines("cut", Date.now());
  }

  serviceIsUp(): void {
    this.#noteLines("connected", Date.now() + BACK_WITHIN_MS);
  }

  /** Waits until every watcher of a cancelled task has learnt of it, or should have by now. */
  async everybodyKnows(): Promise<void> {
    const { history } = this.#options;
    const giveUpAtMs = Date.now() + BACK_WITHIN_MS + LEARN_WITHIN_MS;
    for (const [watcher, id] of this.#watched) {
      const isCancelled = history.entries.some(
        (entry) => entry.kind === "answered" && entry.task?.id === id && entry.task.cancellation,
      );
      if (!isCancelled) continue;
      await history.heard(watcher, "aborted", giveUpAtMs - Date.now());
    }
    for (const close of this.#close) close();
  }

  async #beBusy(client: number): Promise<void> {
    const { number, url, random, history } = this.#options;
    const name = `client ${client} of round ${number}`;
    const transport = TRANSPORTS[client % TRANSPORTS.length] ?? "WebSocket";
    const tasks = new RecordedClient({ name, url, transport, note: history.note });
    for (let count = 1; !this.#isOver; count++) {
      const id = `kill-${number}-${client}-${count}`;
      this.ids.push(id);
      const isRun = random.percent(70);
      const attempt = isRun ? ((await tasks.start(id))?.attempt ?? 1) : 1;
      if (this.#watched.size < WATCHERS && random.percent(40)) {
        this.#watch(tasks, id, `${id} watched by ${name}`);
        if (random.percent(50)) this.#watch(tasks, id, `${id} watched by ${name} as well`);
        if (random.percent(50)) await this.#told(id);
      }
      if (random.percent(85)) await this.#cancel(tasks, id);
      if (random.percent(30)) await tasks.get(id);
      if (isRun && random.percent(50)) {
        await tasks.finish(id, attempt, random.one(["succeeded", "failed", "cancelled"]));
      }
      if (random.percent(20)) await this.#cancel(tasks, id);
    }
  }

  async #cancel(tasks: RecordedClient, id: string): Promise<void> {
    // Most tasks have nobody who stops them, so it is the alarm that has to end them.
    const task = await tasks.cancel(
      id,
      this.#options.random.percent(50) ? GRACE_SECONDS : undefined,
    );
    if (task !== null && ++this.#acknowledged >= this.#cancelsWanted) this.#enough.resolve();
  }

  /** Waits until everybody who watches a task has heard of it, or the service is down. */
  async #told(id: string): Promise<void> {
    for (const [watcher, watched] of this.#watched) {
      if (watched !== id) continue;
      await this.#options.history.heard(watcher, "told", LEARN_WITHIN_MS);
    }
  }

  #watch(tasks: RecordedClient, id: string, watcher: string): void {
    this.#watched.set(watcher, id);
    const watch = tasks.watch(id, watcher);
    this.#close.push(() => {
      this.#options.history.note({ kind: "closed", atMs: Date.now(), watcher, id });
      watch.close();
    });
  }

  #noteLines(kind: "cut" | "connected", atMs: number): void {
    for (const [watcher, id] of this.#watched) {
      this.#options.history.note({ kind, atMs, watcher, id });
    }
  }
}
