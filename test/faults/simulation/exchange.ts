import type { Answer } from "./answer.ts";
import { SimulatedResponse } from "./simulated-response.ts";
import type { World } from "./world.ts";

/** A `fetch` on its machine: it settles once, and its signal ends it at any moment. */
export class Exchange {
  readonly response: Promise<Response>;
  readonly #world: World;
  readonly #machine: World["canceller"];
  readonly #isWatch: boolean;
  readonly #signal: AbortSignal | null;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onLeave: () => void;
  #failBody: ((error: unknown) => void) | null = null;
  #isOpen = true;

  /** `onLeave`: the client gives up. */
  constructor(world: World, signal: AbortSignal | null, isWatch: boolean, onLeave: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#world = world;
    this.#machine = world.here();
    this.#isWatch = isWatch;
    this.#signal = signal;
    this.#onLeave = onLeave;
    this.#machine.open.add(this);
    signal?.addEventListener("abort", this.#abort);
    if (signal?.aborted) this.#abort();
  }

  /** The connection breaks, after a while. */
  fail(delayMs: number): void {
    this.#later(delayMs, () => this.#end(new TypeError("fetch failed")));
  }

  /** The answer arrives, after a while: whole, or with a body that breaks off. */
  answer(delayMs: number, answer: Answer, isHalf: boolean): void {
    this.#later(delayMs, () => {
      if (isHalf) return this.#answerHalf(answer);
      if (this.#isWatch && answer.isSignOfLife) this.#world.hear(this.#machine);
      this.#resolve(new SimulatedResponse(answer, Promise.resolve(answer.text)));
      this.#close();
    });
  }

  #answerHalf(answer: Answer): void {
    const body = Promise.withResolvers<string>();
    this.#failBody = body.reject;
    this.#resolve(new SimulatedResponse(answer, body.promise));
    // The other half either is refused, or never comes.
    if (this.#world.random.percent(50)) this.#end(new TypeError("terminated"));
  }

  #later(delayMs: number, happen: () => void): void {
    const { scheduler, coverage } = this.#world;
    const arrive = () => {
      if (this.#isOpen) happen();
      else coverage.count("late answer");
    };
    scheduler.later(delayMs, arrive, this.#machine);
  }

  readonly #abort = () => {
    this.#end(this.#signal?.reason);
    this.#onLeave();
  };

  #end(error: unknown): void {
    this.#reject(error);
    this.#failBody?.(error);
    this.#close();
  }

  #close(): void {
    this.#isOpen = false;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#machine.open.delete(this);
  }
}
