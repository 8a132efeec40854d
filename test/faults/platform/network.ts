import type { Machine, Scheduler } from "../simulation/scheduler.ts";
import type { Platform } from "./platform.ts";
import type { Surroundings } from "./surroundings.ts";

/** The network between client machines and the platform; a machine can be cut off from it. */
export class ClientNetwork {
  readonly #scheduler: Scheduler;
  readonly #surroundings: Surroundings;
  readonly #platform: Platform;
  readonly #cutOffUntilMs = new Map<Machine, number>();
  /** Ends what a machine that is gone has open. */
  readonly #leaves = new Map<Machine, Set<() => void>>();

  constructor(scheduler: Scheduler, surroundings: Surroundings, platform: Platform) {
    this.#scheduler = scheduler;
    this.#surroundings = surroundings;
    this.#platform = platform;
  }

  /** Nothing gets through from or to a machine for a while, and nobody is told. */
  cutOff(machine: Machine, milliseconds: number): void {
    this.#cutOffUntilMs.set(machine, this.#surroundings.nowMs() + milliseconds);
  }

  /** The process of a machine is gone, and its connections are closed. */
  hangUp(machine: Machine): void {
    for (const leave of this.#leaves.get(machine) ?? []) leave();
  }

  /** `fetch` on the machine whose code runs now. */
  readonly fetch = (url: string, init: RequestInit = {}): Promise<Response> => {
    const { machine } = this.#scheduler;
    if (machine === null) throw new Error("a request comes from a machine");
    const { later, transitMs, strikes, note } = this.#surroundings;
    const { signal = null, method = "GET", body = null, headers = {} } = init;
    const name = `${method} ${url.replace(/^https?:\/\/[^/]+/, "")} ${body ?? ""}`;
    note(machine.name, name);
    return new Promise((resolve, reject) => {
      let run: ReturnType<Platform["run"]> | null = null;
      const leave = () => later(transitMs(), () => run?.leave());
      const leaves = this.#leaves.get(machine) ?? new Set();
      this.#leaves.set(machine, leaves.add(leave));
      const back = (happen: () => void) =>
        this.#scheduler.later(
          transitMs(),
          () => {
            if (!this.#isCutOff(machine)) happen();
          },
          machine,
        );
      const fail = () => back(() => reject(new TypeError("fetch failed")));
      signal?.addEventListener("abort", () => {
        reject(signal.reason);
        leave();
      });
      if (this.#isCutOff(machine) || strikes("lost request")) return;
      if (strikes("reset")) return void fail();
      later(transitMs(), async () => {
        if (signal?.aborted) return;
        run = this.#platform.run(new Request(url, { method, body, headers }), fail);
        const response = await run.response;
        const text = await response.text();
        leaves.delete(leave);
        note("the service", `${response.status} to ${name}`);
        if (strikes("lost answer")) return;
        const answer = { status: response.status, headers: response.headers };
        const isEmpty = response.status === 204 || response.status === 304;
        back(() => resolve(new Response(isEmpty ? null : text, answer)));
      });
    });
  };

  #isCutOff(machine: Machine): boolean {
    return this.#surroundings.nowMs() < (this.#cutOffUntilMs.get(machine) ?? 0);
  }
}
