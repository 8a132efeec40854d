import type { SeededRandom } from "../../lab/seeded-random.ts";
import type { Answer } from "./answer.ts";
import { nonsense } from "./nonsense.ts";
import { problemAnswer } from "./problem-answer.ts";
import type { World } from "./world.ts";

/** What something in between answers, so that a request never reaches the service; null: nothing. */
export function interference({ weather, random, service }: World): Answer | null {
  if (weather.strikes("nonsense")) return nonsense(random, service.id);
  if (weather.strikes("busy")) return busy(random);
  return null;
}

function busy(random: SeededRandom): Answer {
  const status = random.one([429, 503]);
  const retryAfterSeconds = random.one([0, 1, 30, 60, 600]);
  return { ...problemAnswer("overloaded", status), retryAfterSeconds, isSignOfLife: false };
}
