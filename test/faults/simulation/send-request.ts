import type { Answer } from "./answer.ts";
import { answerRequest } from "./answer-request.ts";
import { Exchange } from "./exchange.ts";
import { interference } from "./interference.ts";
import { problemAnswer } from "./problem-answer.ts";
import type { SentRequest } from "./sent-request.ts";
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
