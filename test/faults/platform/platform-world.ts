import { createHash } from "node:crypto";
import { TaskClient } from "../../../worker-client/index.ts";
import { SeededRandom } from "../../lab/seeded-random.ts";
import type { Invariant, Violation } from "../history/invariants.ts";
import { installRuntime } from "../simulation/globals.ts";
import { Machine, Scheduler } from "../simulation/scheduler.ts";
import { ClientNetwork } from "./network.ts";
import { type loadService, Platform } from "./platform.ts";
import { SimulatedPair, SimulatedResponse } from "./sockets.ts";
import { type Surroundings, TROUBLES, type Trouble } from "./surroundings.ts";

const URL_OF_SERVICE = "http://127.0.0.1:8080";
const ANSWERS_WITHIN_MS = 10_000;
const SLOWEST_MS = 3000;

type Fetch = ClientNetwork["fetch"];

export interface WorldOptions {
  readonly code: Awaited<ReturnType<typeof loadService>>;
  /** Until when things go wrong. Default: for some minutes. */
  readonly healsAtMs?: number;
  readonly vars: Readonly<Record<string, string>>;
  /** More than a quiet life has. */
  readonly maxEvents: number;
  /** Each trouble strikes so often in a hundred times, at most. */
  readonly mostPercent?: number;
  /** How many in a hundred things on their way take seconds, while things go wrong. */
  readonly slowPercent?: number;
  /** How many in a hundred hints to the directory come a second time, late, or never. */
  readonly hints?: { readonly againPercent: number; readonly lostPercent: number };
}

/** Everything of one seed: the platform, its clients, and the promises that were broken. */
export class PlatformWorld {
  readonly random: SeededRandom;
  readonly scheduler: Scheduler;
  readonly network: ClientNetwork;
  readonly platform: Platform;
  readonly surroundings: Surroundings;
  readonly violations: Violation[] = [];
  readonly trace: string[] = [];
  /** Until then things go wrong. */
  readonly healsAtMs: number;
  readonly #percents = new Map<Trouble, number>();
  /** Other servers, by their host. */
  readonly #others = new Map<string, Fetch>();

  constructor(seed: number, options: WorldOptions) {
    const { code, vars, maxEvents, mostPercent = 12, slowPercent = 0, hints } = options;
    this.random = new SeededRandom(Math.imul(seed + 1, 0x9e3779b1));
    for (let skipped = 0; skipped < 8; skipped++) this.random.fraction();
    this.scheduler = new Scheduler(maxEvents);
    const { random, scheduler } = this;
    this.healsAtMs = options.healsAtMs ?? random.whole(60, 400) * 1000;
    for (const trouble of TROUBLES) {
      if (random.percent(50) && mostPercent > 0)
        this.#percents.set(trouble, random.whole(1, mostPercent));
    }
    const longestMs = random.whole(5, 100);
    const edge = new Machine("the edge");
    this.surroundings = {
      random,
      nowMs: () => scheduler.nowMs,
      later: (delayMs, happen) => void scheduler.later(delayMs, happen, edge),
      transitMs: () => {
        const isSlow = slowPercent > 0 && this.isStormy && random.percent(slowPercent);
        return random.whole(1, isSlow ? SLOWEST_MS : longestMs);
      },
      strikes: (trouble) => {
        const percent = this.#percents.get(trouble) ?? 0;
        return this.isStormy && random.percent(percent);
      },
      hint: () => {
        if (hints === undefined || !this.isStormy) return "comes";
        if (random.percent(hints.lostPercent)) return "is lost";
        return random.percent(hints.againPercent) ? "comes again" : "comes";
      },
      note: (who, what) => this.note(who, what),
    };
    this.platform = new Platform(this.surroundings, code, vars);
    this.network = new ClientNetwork(scheduler, this.surroundings, this.platform);
  }

  /** Puts the world's clocks and chances in the place of the real ones; returns what puts these back. */
  install(): () => void {
    const { scheduler, random } = this;
    const log = (line: string) => this.note("the service", line);
    const restore = installRuntime(
      { scheduler, random, log },
      {
        fetch: (url: string, init?: RequestInit) => {
          const other = this.#others.get(new URL(url).host);
          return other === undefined ? this.network.fetch(url, init) : other(url, init);
        },
        crypto: simulatedCrypto(random),
        WebSocketPair: SimulatedPair,
        WebSocketRequestResponsePair: Object,
        scheduler: {
          wait: (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs)),
        },
        Response: SimulatedResponse,
      },
    );
    const { log: printed } = console;
    console.log = () => {};
    return () => {
      console.log = printed;
      restore();
    };
  }

  /** Lets another server answer for a host. */
  serve(host: string, fetch: Fetch): void {
    this.#others.set(host, fetch);
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  get isStormy(): boolean {
    return this.nowMs < this.healsAtMs;
  }

  client(): TaskClient {
    return new TaskClient({ url: URL_OF_SERVICE, fetch: this.network.fetch });
  }

  /** What a caller without a client is answered; a problem is an error. */
  async ask<Answer>(method: string, path: string, body: object | null = null): Promise<Answer> {
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(new Error("no answer")), ANSWERS_WITHIN_MS);
    const response = await this.network.fetch(`${URL_OF_SERVICE}/v1/${path}`, {
      method,
      body: body && JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
      signal: end.signal,
    });
    clearTimeout(timer);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return JSON.parse(text);
  }

  /** Some objects crash, at any time while things go wrong. */
  planCrashes(): void {
    const { random, scheduler, healsAtMs, platform } = this;
    for (let left = random.whole(0, 6); left > 0; left--) {
      scheduler.later(random.whole(0, healsAtMs), () => {
        const { hosts } = platform;
        hosts[random.whole(0, hosts.length - 1)]?.crash();
      });
    }
  }

  note(who: string, what: string): void {
    this.trace.push(`${(this.nowMs / 1000).toFixed(3)} s  ${who}: ${what}`);
  }

  violate(invariant: Invariant, detail: string): void {
    if (this.violations.some((known) => known.invariant === invariant)) return;
    const atSeconds = this.nowMs / 1000;
    this.note(invariant, detail);
    this.violations.push({ invariant, detail: `${detail} (at ${atSeconds} s)` });
  }
}

/** What the service uses of it, by the world's chances, and with no thread of its own. */
function simulatedCrypto(random: SeededRandom): object {
  return {
    randomUUID: null,
    getRandomValues: (bytes: Uint8Array) => bytes.map(() => random.whole(0, 255)),
    subtle: {
      digest: async (_: string, bytes: Uint8Array) =>
        new Uint8Array(createHash("sha256").update(bytes).digest()).buffer,
    },
  };
}
