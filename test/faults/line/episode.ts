import { setTimeout as sleep } from "node:timers/promises";
import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Actor } from "../actor/actor.ts";
import type { Entry } from "../history/entry.ts";
import type { History } from "../history/history.ts";
import type { RecordedClient } from "../recorded-client.ts";
import type { Transport } from "../transport.ts";
import type { EpisodePlan } from "./episode-plan.ts";
import { FaultyLine } from "./faulty-line.ts";
import { impostors } from "./impostors.ts";
import type { LineFault } from "./line-fault.ts";

/** Longer than anything that a client may have to wait for: 65 s of silence, and a pause. */
const PATIENCE_MS = 100_000;
/** The service has seen the watcher; what is told now is told over this line. */
const SETTLE_MS = 20;

interface Options {
  readonly plan: EpisodePlan;
  /** Of the lane. */
  readonly name: string;
  readonly transport: Transport;
  readonly actor: Actor;
  readonly history: History;
  /** Reaches the service by a line that is always well. */
  readonly canceller: RecordedClient;
  readonly serviceUrl: string;
}

/** A worker watches its task over a line that suffers from something, and is cancelled meanwhile. */
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
    line.heal();
    if (plan.isCancelled) await this.#until("aborted", PATIENCE_MS);
    else await this.#isBack(canceller);
    await canceller.get(this.#id);
    this.#note("closed");
    actor.tell({ command: "close", watcher: this.#watcher });
    line.close();
  }

  /** Nobody has cancelled: the worker comes back and goes on. */
  async #isBack(canceller: RecordedClient): Promise<void> {
    const giveUpAtMs = Date.now() + PATIENCE_MS;
    while (Date.now() < giveUpAtMs) {
      if (((await canceller.get(this.#id))?.watchers ?? 0) > 0) return;
      await sleep(SETTLE_MS);
    }
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

/** Whether what was open when the fault began works again when it is over. */
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
