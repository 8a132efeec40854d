import { type Answer, interference, problemAnswer } from "./answers.ts";
import { answerRequest, type SentRequest } from "./simulated-service.ts";
import type { World } from "./world.ts";

const TASK_URL = /\/v1\/tasks\/[^/?]+(\/\w+)?(?:\?(.*))?$/;

/** The simulated `fetch`: a request goes out into the weather. */
export function sendRequest(world: World, url: string, init: RequestInit): Promise<Response> {
  const { scheduler, weather, coverage, trace } = world;
  const [, verb = "", query = ""] = TASK_URL.exec(url) ?? [];
  const machine = world.here();
  const { method = "GET", signal = null, body } = init;
  const request: SentRequest = { machine, method, verb, query, body: String(body ?? "") };
  const name = `${method} ${verb}${query && "?"}${query.replace(/&watch=.*/, "")}`;
  world.ask(`asks ${name} ${request.body}`);
  if (verb === "/cancel") world.truth.cancelsSent++;
  let leave: (() => void) | undefined;
  const isPoll = query.includes("watch=");
  if (isPoll) coverage.count("long poll");
  const exchange = new Exchange(world, signal, isPoll, () => {
    trace.note(machine.name, `gives up ${name}`);
    scheduler.later(weather.transitMs(), () => leave?.());
  });
  const number = ++world.requestsSent;

  function arrive(reply: (answer: Answer) => void, lose: () => void): void {
    if (number < world.lastRequestArrived) coverage.count("reordered");
    world.lastRequestArrived = Math.max(number, world.lastRequestArrived);
    const foreign = interference(world);
    if (world.service.isDown) lose();
    else if (foreign !== null) reply(foreign);
    else if (weather.strikes("server error")) {
      const fail = () => reply(problemAnswer("internal", 500));
      // It may fail when everything is done.
      if (world.random.percent(50)) fail();
      else answerRequest(world, request, fail);
    } else {
      leave = answerRequest(world, request, (answer) => (answer ? reply(answer) : lose()));
    }
  }

  function deliver(answer: Answer): void {
    if (weather.strikes("lost answer")) return;
    const isHalf = weather.strikes("half answer");
    trace.note("network", `${name} of ${machine.name}: ${answer.status}${isHalf ? " half" : ""}`);
    exchange.answer(weather.transitMs(), answer, isHalf);
  }

  if (weather.strikes("reset")) exchange.fail(weather.transitMs());
  else if (!weather.strikes("lost request")) {
    const lose = () => {
      if (weather.refusesWhenDown) exchange.fail(weather.transitMs());
    };
    scheduler.later(weather.transitMs(), () => arrive(deliver, lose));
  }
  if (weather.strikes("duplicate")) {
    const ignore = () => {};
    scheduler.later(weather.transitMs(), () => arrive(ignore, ignore));
  }
  return exchange.response;
}

/** A `fetch` on its machine: it settles once, and its signal ends it at any moment. */
class Exchange {
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

/** An answer as `fetch` hands it out: the body comes with its own chances. */
class SimulatedResponse extends Response {
  override readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;

  constructor({ status, retryAfterSeconds }: Answer, body: Promise<string>) {
    const headers = retryAfterSeconds ? { "Retry-After": String(retryAfterSeconds) } : undefined;
    super(null, headers ? { status, headers } : { status });
    this.body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode(await body));
        controller.close();
      },
    });
  }
}
