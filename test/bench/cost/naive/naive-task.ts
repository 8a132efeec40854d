import { DurableObject } from "cloudflare:workers";
import { meter } from "../metered/meter.ts";

const CANCELLED = "cancelled";

/** A task whose watchers are parked in the object itself, where each keeps it in memory. */
export class NaiveTask extends DurableObject<object> {
  readonly #watchers = new Set<() => void>();

  constructor(ctx: DurableObjectState, env: object) {
    super(ctx, env);
    meter.constructed(this, ctx);
  }

  cancel(): void {
    this.ctx.storage.kv.put(CANCELLED, true);
    for (const tell of this.#watchers) tell();
  }

  /** True once the task is cancelled; false when the wait is over. */
  async watch(waitSeconds: number): Promise<boolean> {
    if (this.#isCancelled()) return true;
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    this.#watchers.add(tell);
    const timer = setTimeout(tell, waitSeconds * 1000);
    await told;
    clearTimeout(timer);
    this.#watchers.delete(tell);
    return this.#isCancelled();
  }

  #isCancelled(): boolean {
    return this.ctx.storage.kv.get<boolean>(CANCELLED) ?? false;
  }
}
