import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../lab/seeded-random.ts";
import { concurrently, TestService } from "./harness.ts";
import { History } from "./history/history.ts";
import { judge } from "./history/invariants.ts";
import { LEARN_WITHIN_MS } from "./history/watch-invariants.ts";
import { RecordedClient, TRANSPORTS } from "./recorded-client.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "./scenario.ts";

/** Acknowledged cancels in a round before the service is killed, so that 50 rounds have 5,000. */
const CANCELS_BEFORE_KILL = 105;
const READERS = 16;
/** A grace period, and how late an alarm may be. */
const ALARMS_DUE_MS = 11_000;

/** `kill -9` of the service under load, again and again, on the same state. */
export const kill: Scenario = {
  about: "kill -9 of workerd under load, and a restart on the same folder",
  rounds: { full: 50, short: 3 },
  run: runKill,
};

async function runKill(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, folder, progress, signal } = context;
  const random = new SeededRandom(seed);
  const history = new History();
  const { isEnough, violations } = judge(history, stopsAtFirst);
  await using service = await TestService.start({ folder, signal });
  const reader = new RecordedClient({
    name: "the reader",
    url: service.url,
    transport: "long poll",
    note: history.note,
  });
  const ids: string[] = [];
  let acknowledged = 0;
  for (let number = 1; number <= rounds && !isEnough(); number++) {
    const round = new KillRound({ number, url: service.url, random, history });
    const load = round.load();
    await round.cancelled(CANCELS_BEFORE_KILL + random.whole(0, 20));
    // In the turn in which an answer came, or between two.
    if (random.percent(50)) await sleep(random.fraction() * 5);
    // Its lines carry nothing from now on, however long the system takes to end it.
    const killed = service.kill();
    round.serviceIsDown();
    await killed;
    await service.restart();
    round.serviceIsUp();
    await load;
    await round.everybodyKnows();
    acknowledged += round.acknowledged;
    ids.push(...round.ids);
    progress(`round ${number} of ${rounds}, ${acknowledged} acknowledged cancels`);
    signal.throwIfAborted();
  }
  if (!isEnough()) {
    progress("waiting until every alarm is overdue");
    await sleep(ALARMS_DUE_MS, null, { signal });
    progress(`reading ${ids.length} tasks`);
    await concurrently(ids, READERS, async (id) => {
      await reader.get(id);
    });
  }
  return {
    did: `${rounds} kills, ${acknowledged} acknowledged cancels of ${ids.length} tasks`,
    violations: violations(),
  };
}

const CLIENTS = 12;
const WATCHERS = 40;
const GRACE_SECONDS = 0.5;
/** How long a watcher may take to reconnect: the client's longest pause, and a new line's first word. */
const BACK_WITHIN_MS = 10_000 + 10_000;

interface Options {
  readonly number: number;
  readonly url: string;
  readonly random: SeededRandom;
  readonly history: History;
}

/** Clients that are busy with their own tasks while the service is killed. */
class KillRound {
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

  /** How many cancels were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Keeps the clients busy until the service was killed and their calls are answered. */
  async load(): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => this.#beBusy(client)));
  }

  /** Resolves in the turn in which that many cancels are acknowledged. */
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

  /** Waits until each watcher of a cancelled task learnt of it, or should have. */
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
    // Most tasks have no worker that stops them, so the alarm ends them.
    const task = await tasks.cancel(
      id,
      this.#options.random.percent(50) ? GRACE_SECONDS : undefined,
    );
    if (task !== null && ++this.#acknowledged >= this.#cancelsWanted) this.#enough.resolve();
  }

  /** Waits until each watcher of a task heard of it, or should have. */
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
