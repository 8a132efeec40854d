import { pause } from "../pause.ts";
import { Machine } from "../simulation/scheduler.ts";
import type { PlatformWorld } from "./platform-world.ts";

const AGAIN_AFTER_MS = 1000;

/** Somebody on a machine of their own who asks for things, each until it is answered. */
export class Operator {
  readonly #world: PlatformWorld;
  readonly #machine = new Machine("the operator");

  constructor(world: PlatformWorld) {
    this.#world = world;
  }

  /** Does something, a while from now. */
  later(delayMs: number, act: () => unknown): void {
    this.#world.scheduler.later(delayMs, () => void act(), this.#machine);
  }

  async insist<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        this.note(String(error));
        await pause(AGAIN_AFTER_MS);
      }
    }
  }

  note(what: string): void {
    this.#world.note(this.#machine.name, what);
  }
}
