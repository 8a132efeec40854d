import type { SeededRandom } from "../../lab/seeded-random.ts";
import type { Coverage } from "./coverage.ts";
import { FAULTS } from "./faults.ts";
import type { Scheduler } from "./scheduler.ts";

type Fault = (typeof FAULTS)[number];

const SLOW_MS = { least: 1000, most: 90_000 };
/** What the proxies of some networks do to WebSockets, in good weather as well. */
const SOCKET_RULES = ["open", "open", "open", "open", "refused", "swallowed", "cut"] as const;

/**
 * What the network does: each seed has a few kinds of fault and none of the others, which finds
 * more than a little of everything. From `healsAtMs` on there are none.
 */
export class Weather {
  readonly healsAtMs: number;
  /** A service that is down for longer than a client reports to nobody. */
  readonly hasOutage: boolean;
  readonly socketRule: (typeof SOCKET_RULES)[number];
  /** Whether the machine of a service that is down says so, or nothing at all. */
  readonly refusesWhenDown: boolean;
  readonly #latencyMs: number;
  readonly #random: SeededRandom;
  readonly #scheduler: Scheduler;
  readonly #coverage: Coverage;
  readonly #percents = new Map<Fault, number>();

  constructor(random: SeededRandom, scheduler: Scheduler, coverage: Coverage) {
    this.#random = random;
    this.#scheduler = scheduler;
    this.#coverage = coverage;
    const isWellAlways = random.percent(5);
    this.hasOutage = !isWellAlways && random.percent(4);
    const illSeconds = this.hasOutage ? random.whole(500, 900) : random.whole(10, 240);
    this.healsAtMs = isWellAlways ? 0 : illSeconds * 1000;
    this.socketRule = random.one(SOCKET_RULES);
    this.refusesWhenDown = random.percent(50);
    this.#latencyMs = random.whole(1, 200);
    for (const fault of FAULTS) {
      if (random.percent(40)) this.#percents.set(fault, random.whole(2, 40));
    }
  }

  get isWell(): boolean {
    return this.#scheduler.nowMs >= this.healsAtMs;
  }

  /** Whether a fault happens now. */
  strikes(fault: Fault): boolean {
    const percent = this.#percents.get(fault);
    if (percent === undefined || this.isWell || !this.#random.percent(percent)) return false;
    this.#coverage.count(fault);
    return true;
  }

  /** How long something takes from one end to the other. */
  transitMs(): number {
    if (this.strikes("slow")) return this.#random.whole(SLOW_MS.least, SLOW_MS.most);
    return this.#random.whole(1, this.#latencyMs);
  }
}
