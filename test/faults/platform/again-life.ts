import type { TaskState } from "../../../worker-client/index.ts";
import { pause } from "../pause.ts";
import { Operator } from "./operator.ts";
import type { PlatformWorld } from "./platform-world.ts";

export const FAMILIES = 8;
/** A parent asks for a child once an hour, and the first time it may not be answered. */
const SETTLES_AFTER_MS = 4 * 3_600_000;
const CHECKED_WITHIN_MS = 60_000;
const CLOSE_MS = 60;
const GRACE_SECONDS = 10;

type Try = "declare" | "start" | "forget" | "forget its parent";

/**
 * A life of children that have ended and are made again, and forgotten at about that time, by clients that
 * do not try twice. What a parent says of them has to be true in the end.
 */
export class AgainLife {
  readonly #world: PlatformWorld;
  readonly #operator: Operator;

  constructor(world: PlatformWorld) {
    this.#world = world;
    this.#operator = new Operator(world);
  }

  async live(): Promise<this> {
    const { scheduler, random, healsAtMs } = this.#world;
    const restore = this.#world.install();
    try {
      const numbers = Array.from({ length: FAMILIES }, (_, number) => number);
      for (const number of numbers) {
        this.#operator.later(random.whole(1, healsAtMs), () => this.#again(number));
      }
      this.#world.planCrashes();
      const settledAtMs = healsAtMs + SETTLES_AFTER_MS;
      await scheduler.runUntil(settledAtMs);
      for (const number of numbers) this.#operator.later(1, () => this.#check(number));
      await scheduler.runUntil(settledAtMs + CHECKED_WITHIN_MS);
    } finally {
      restore();
    }
    return this;
  }

  async #again(number: number): Promise<void> {
    const { random } = this.#world;
    const { child, parent } = idsOf(number);
    if (random.percent(80)) {
      const options = { parent, gracePeriodSeconds: GRACE_SECONDS };
      await this.#operator.insist(() => this.#world.client().declare(child, options));
      await this.#operator.insist(() => this.#world.client().cancel(child));
    }
    if (random.percent(40)) await this.#operator.insist(() => this.#world.client().cancel(parent));
    for (let times = random.whole(1, 3); times > 0; times--) {
      this.#tryTo(random.percent(50) ? "declare" : "start", number);
      await pause(random.whole(0, CLOSE_MS));
    }
    if (random.percent(70)) await this.#tryTo("forget", number);
    if (random.percent(30)) await this.#tryTo("forget its parent", number);
  }

  /** Asks once: nobody repeats it if the service, or an object of it, is gone in the middle. */
  async #tryTo(what: Try, number: number): Promise<void> {
    const { child, parent } = idsOf(number);
    try {
      if (what === "declare") await this.#world.ask("PUT", `tasks/${child}`, { parent });
      else if (what === "forget") await this.#world.client().forget(child);
      else if (what === "forget its parent") await this.#world.client().forget(parent);
      else await this.#world.ask("POST", `tasks/${child}/start`, { holder: "again", parent });
    } catch (error) {
      this.#operator.note(`${what} ${child}: ${error}`);
    }
  }

  async #check(number: number): Promise<void> {
    const { child: childId, parent: parentId } = idsOf(number);
    const parent = await this.#stateOf(parentId);
    const child = await this.#stateOf(childId);
    const isAlive = child !== null && child.endedAt === null;
    if (isAlive && (parent === null || parent.cancellation)) {
      this.#world.violate("tree", `${childId} goes on: its parent was cancelled, or is not known`);
    }
    const { total = 0, ended = 0 } = parent?.descendants ?? {};
    if (total - ended === (isAlive ? 1 : 0)) return;
    const said = `${parentId} says ${JSON.stringify(parent?.descendants)}`;
    this.#world.violate("tree", `${said}, and its child is ${child?.status ?? "not known"}`);
  }

  #stateOf(id: string): Promise<TaskState | null> {
    return this.#operator.insist(() => this.#world.client().get(id));
  }
}

function idsOf(number: number) {
  return { parent: `p-${number}`, child: `c-${number}` };
}
