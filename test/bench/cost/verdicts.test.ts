import { describe, expect, it } from "vitest";
import { mapCounts } from "./billing.ts";
import { lives } from "./lives.ts";
import type { Measurement } from "./measure-modes.ts";
import { modes } from "./modes.ts";
import { verdicts } from "./verdicts.ts";

const [webSocket, ...others] = modes({ waitsSeconds: [20] });
const nothing = mapCounts(() => 0);

function measured(some: Partial<Measurement> = {}): Measurement {
  if (webSocket === undefined) throw new Error("there is no first mode");
  return {
    mode: webSocket,
    tasks: 10,
    windowSeconds: 110,
    opening: nothing,
    hour: nothing,
    inMemorySeconds: 0,
    mostInMemory: 0,
    asked: { watchers: 10, constructions: 10 },
    ...some,
  };
}

const areMet = (measurement: Measurement) => verdicts([measurement], []).map(({ isMet }) => isMet);

describe("a WebSocket meets its targets", () => {
  it("if it costs next to nothing and its object sleeps", () => {
    expect(areMet(measured())).toEqual([true, true]);
  });

  it("but not that of the price if it pings three times as often", () => {
    expect(areMet(measured({ hour: { ...nothing, socketMessages: 600 } }))).toEqual([false, true]);
  });

  it.each([
    ["an object was in memory once", { mostInMemory: 1 }],
    ["an object was active", { hour: { ...nothing, activeSeconds: 0.001 } }],
    ["an object did not have to be woken", { asked: { watchers: 10, constructions: 9 } }],
    ["a watch was not there any more", { asked: { watchers: 9, constructions: 10 } }],
  ])("but not that of sleep if %s", (_, some) => {
    expect(areMet(measured(some)).at(-1)).toBe(false);
  });
});

it("a mode that aims at nothing has no verdict", () => {
  const aimless = others.filter(({ targetDollars }) => targetDollars === null);
  expect(aimless).not.toEqual([]);
  for (const mode of aimless) expect(verdicts([measured({ mode })], [])).toEqual([]);
});

describe("the directory meets its target", () => {
  const areMetBy = (part: string, rowsWritten: number) => {
    const life = lives().find(({ name }) =>
      name.startsWith(`the directory: a task that is ${part}`),
    );
    if (life === undefined) throw new Error("there is no such life");
    const lived = { life, tasks: 10, each: { ...nothing, rowsWritten } };
    return verdicts([], [lived]).map(({ isMet }) => isMet);
  };

  it.each([
    [3, true],
    [4, true],
    [4.1, false],
  ])("with %d rows for a task: %s", (rows, isMet) => {
    expect(areMetBy("declared, started, finished", rows)).toEqual([isMet]);
  });

  it("only if watchers cost nothing more", () => {
    expect([areMetBy("watched", 0), areMetBy("watched", 0.01)]).toEqual([[true], [false]]);
  });
});
