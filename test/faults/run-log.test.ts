import { expect, it } from "vitest";
import { type LoggedRun, overlapsIn } from "./run-log.ts";

const run = (name: string, beganAtMs: number, endedAtMs: number | null): LoggedRun => ({
  name,
  beganAtMs,
  endedAtMs,
  gaps: [],
});

it("runs that follow one another do not overlap", () => {
  expect(overlapsIn([run("b", 10, 20), run("a", 0, 10), run("c", 20, null)], 30)).toEqual([]);
});

it.each([
  ["begins before the other has stopped", [run("a", 0, 11), run("b", 10, 20)]],
  ["runs while another one comes and goes", [run("a", 0, 100), run("b", 10, 20), run("c", 50, 60)]],
  ["has never stopped", [run("a", 0, null), run("b", 10, 20)]],
])("a run that %s overlaps", (_, log) => {
  expect(overlapsIn(log, 30)[0]).toMatch(/^a was at work until \d+, and b from 10 on$/);
});

it("a worker that was stopped counts until its lease is over, and again once it may go on", () => {
  const stopped: LoggedRun = { ...run("a", 0, 100), gaps: [{ kind: "late", atMs: 10 }] };
  expect(overlapsIn([stopped, run("b", 10, 20)], 100)).toEqual([]);
  expect(overlapsIn([stopped, run("b", 9, 20)], 100)).toHaveLength(1);
  const awake: LoggedRun = { ...stopped, gaps: [...stopped.gaps, { kind: "goes on", atMs: 15 }] };
  expect(overlapsIn([awake, run("b", 10, 20)], 100)).toHaveLength(1);
});
