import { expect, it } from "vitest";
import { call } from "./call.ts";
import { clock } from "./clock.ts";
import { newId } from "./new-id.ts";
import { openEvents } from "./open-events.ts";
import { openSocket } from "./open-socket.ts";
import { parked } from "./parked.ts";
import { ring } from "./ring.ts";
import { stored } from "./stored.ts";

const NOTHING = new Map();

it("reading an unknown task writes nothing", async () => {
  const id = newId();
  for (const query of ["", "?revision=0", "?revision=3", "?wait=300&revision=3"]) {
    const response = await call("GET", `/v1/tasks/${id}${query}`);
    await response.text();
  }
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
});

it.each([
  ["a long poll", (id: string) => call("GET", `/v1/tasks/${id}?wait=20`)],
  ["the plain-text watch", (id: string) => call("GET", `/watch-task/${id}`)],
])("%s that is parked on an unknown task stores no row, only its alarm", async (_, watch) => {
  const id = newId();
  const poll = watch(id);
  await parked(id, 1);
  expect((await stored(id)).rows).toEqual(NOTHING);
  expect((await stored(id)).alarmAtMs).not.toBeNull();
  clock.advance(20);
  await ring(id);
  await (await poll).text();
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
});

it("streams that are parked on an unknown task store nothing at all", async () => {
  const id = newId();
  const events = await openEvents(`/v1/tasks/${id}`);
  const socket = await openSocket(`/v1/tasks/${id}`);
  await parked(id, 2);
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
  socket.close();
  await events.close();
  await parked(id, 0);
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
});

it("refused commands on an unknown task write nothing", async () => {
  const id = newId();
  const json = { attempt: 1, status: "succeeded" };
  expect((await call("POST", `/v1/tasks/${id}/finish`, { json })).status).toBe(404);
  expect(await stored(id)).toEqual({ rows: NOTHING, alarmAtMs: null });
});
