import { setTimeout as sleep } from "node:timers/promises";
import { FaultyLine, type LineFault } from "../../../scripts/faulty-line.ts";
import type { TaskState } from "../../../worker-client/protocol.ts";
import type { SeededRandom } from "../../lab/seeded-random.ts";
import type { Actor } from "../actor/actor.ts";
import type { Entry, History } from "../history/history.ts";
import { isWatched, type RecordedClient, type Transport, untilSeen } from "../recorded-client.ts";

/** They outlast the client's patience with a silent line (a minute), so only every tenth is one. */
const HALF_OPEN_EVERY = 10;
const IMPOSTORS = 15;
const LONGEST_ANSWER_BYTES = 800;

type Kind = LineFault["kind"];

const KINDS: readonly [Kind, ...Kind[]] = [
  "reset",
  "blackhole",
  "latency",
  "byte-by-byte",
  "cut-after",
  "impostor",
];

/** What happens in an episode, and when. */
interface EpisodePlan {
  readonly number: number;
  readonly kind: Kind;
  /** Whether the line works until the worker has heard of its task. */
  readonly beginsWell: boolean;
  /** Whether the task is cancelled during the fault. */
  readonly isCancelled: boolean;
  /** How long the fault lasts after that. */
  readonly lastsMs: number;
  readonly latencyMs: number;
  readonly cutAfterBytes: number;
  readonly isReset: boolean;
  /** Which impostor answers. */
  readonly impostor: number;
}

/** Draws the plan of an episode. */
export function episodePlan(number: number, random: SeededRandom): EpisodePlan {
  const isHalfOpen = number % HALF_OPEN_EVERY === HALF_OPEN_EVERY - 1;
  return {
    number,
    kind: isHalfOpen ? "half-open" : random.one(KINDS),
    beginsWell: isHalfOpen || random.percent(60),
    isCancelled: isHalfOpen || random.percent(80),
    lastsMs: random.whole(0, 1200),
    latencyMs: random.whole(1, 200),
    cutAfterBytes: random.whole(0, LONGEST_ANSWER_BYTES),
    isReset: random.percent(50),
    impostor: random.whole(0, IMPOSTORS - 1),
  };
}

/** Longer than a client may have to wait: 65 s of silence, and a pause. */
const PATIENCE_MS = 100_000;
/** Until the service has parked the watch on this line. */
const SETTLE_MS = 20;

interface Options {
  readonly plan: EpisodePlan;
  /** Of the lane. */
  readonly name: string;
  readonly transport: Transport;
  readonly actor: Actor;
  readonly history: History;
  /** Reaches the service directly. */
  readonly canceller: RecordedClient;
  readonly serviceUrl: string;
}

/** A worker watches its task over a faulty line, and the task is cancelled meanwhile. */
export class Episode {
  readonly #options: Options;
  readonly #id: string;
  readonly #watcher: string;
  #isWell = true;

  constructor(options: Options) {
    const { plan, name } = options;
    this.#options = options;
    this.#id = `line-${plan.number}-${name.replaceAll(" ", "-")}`;
    this.#watcher = `the worker of ${this.#id} (${plan.kind})`;
  }

  async run(): Promise<void> {
    const { plan, canceller, actor, serviceUrl, transport } = this.#options;
    const task = await canceller.start(this.#id);
    if (task === null) return;
    const line = await FaultyLine.open(serviceUrl, () => this.#note("connected"));
    const suffer = () => {
      this.#isWell = false;
      this.#note("cut");
      line.suffer(faultOf(plan, task));
    };
    if (!plan.beginsWell) suffer();
    const known = this.#until("told", plan.beginsWell ? PATIENCE_MS : 0);
    actor.tell({
      command: "watch",
      id: this.#id,
      watcher: this.#watcher,
      url: line.url,
      transport,
    });
    await known;
    if (plan.beginsWell) {
      await sleep(SETTLE_MS);
      suffer();
    }
    if (plan.isCancelled) await canceller.cancel(this.#id);
    await sleep(plan.lastsMs);
    this.#isWell = true;
    if (keepsConnections(plan.kind)) this.#note("connected");
    line.restore();
    if (plan.isCancelled) await this.#until("aborted", PATIENCE_MS);
    // Otherwise the worker reconnects and goes on.
    else await untilSeen(canceller, this.#id, isWatched, PATIENCE_MS);
    await canceller.get(this.#id);
    this.#note("closed");
    actor.tell({ command: "close", watcher: this.#watcher });
    line.close();
  }

  #until(kind: "told" | "aborted", patienceMs: number): Promise<void> {
    return this.#options.history.heard(this.#watcher, kind, patienceMs);
  }

  #note(kind: (Entry & { kind: "connected" | "cut" | "closed" })["kind"]): void {
    if (kind === "connected" && !this.#isWell) return;
    const { note } = this.#options.history;
    note({ kind, atMs: Date.now(), watcher: this.#watcher, id: this.#id });
  }
}

/** Whether the open connections work again after the fault. */
function keepsConnections(kind: LineFault["kind"]): boolean {
  return kind === "blackhole" || kind === "latency" || kind === "byte-by-byte";
}

function faultOf(plan: EpisodePlan, task: TaskState): LineFault {
  switch (plan.kind) {
    case "latency":
      return { kind: "latency", milliseconds: plan.latencyMs };
    case "cut-after":
      return { kind: "cut-after", bytes: plan.cutAfterBytes, isReset: plan.isReset };
    case "impostor":
      return { kind: "impostor", answer: impostors(task)[plan.impostor] ?? "" };
    default:
      return { kind: plan.kind };
  }
}

/** Returns what something between client and service may answer in its place. */
function impostors(task: TaskState): [string, ...string[]] {
  const cancellation = {
    cause: "request",
    reason: "an impostor's",
    requestedBy: null,
    requestedAt: task.createdAt,
    deliveredAt: null,
    acknowledgedAt: null,
    gracePeriodSeconds: null,
    graceEndsAt: null,
  };
  const stranger = JSON.stringify({ ...task, id: "another", revision: 9, cancellation });
  return [
    answer("500 Internal Server Error", "text/plain", "something broke"),
    answer("502 Bad Gateway", "text/html", "<h1>Bad gateway</h1>"),
    answer("403 Forbidden", "text/html", "<h1>Pay first</h1>"),
    answer("404 Not Found", "text/html", "<h1>Nothing here</h1>"),
    answer("410 Gone", "text/html", "<h1>Nothing here any more</h1>"),
    answer("200 OK", "text/html", "<h1>Welcome to the hotel's network</h1>"),
    answer("200 OK", "application/json", "{}"),
    answer("200 OK", "application/json", JSON.stringify({ cancelled: true, cancellation })),
    answer("200 OK", "application/json", stranger),
    answer("200 OK", "application/json", stranger.slice(0, 100)),
    answer("304 Not Modified", "application/json", ""),
    answer("101 Switching Protocols", "text/plain", ""),
    "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{",
    "SSH-2.0-OpenSSH_9.9\r\n",
    "",
  ];
}

function answer(status: string, type: string, body: string): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`;
}
