import { describe, expect, it } from "vitest";
import { bring, call, everythingOf, newId, problemInAnswer } from "./harness.ts";

const BAD_WAITS = [
  "-1",
  "-0",
  "86401",
  "99999999999999999999",
  "1e3",
  "0x10",
  "1.2345",
  ".5",
  "5s",
  "soon",
  "NaN",
  "Infinity",
  "true",
  "null",
];

describe("a wait", () => {
  it.each(BAD_WAITS)("of %s is refused, wherever one can be asked for", async (wait) => {
    const id = newId();
    await bring(id, "running");
    const before = await everythingOf(id);
    for (const [method, path] of [
      ["GET", `/v1/tasks/${id}`],
      ["POST", `/v1/tasks/${id}/cancel`],
    ] as const) {
      for (const answer of [
        call(method, `${path}?wait=${wait}`),
        call(method, path, { headers: { Prefer: `respond-async, wait=${wait}` } }),
      ]) {
        const { detail } = await problemInAnswer(answer, 400, "bad-request");
        expect(detail).toContain(`"${wait}"`);
        expect(detail).toContain("a number of seconds from 0 to 86400");
      }
    }
    expect(await everythingOf(id)).toEqual(before);
  });

  it("that is thousands of spaces long is refused as any other", async () => {
    const id = newId();
    await bring(id, "running");
    const headers = { Prefer: `wait=${" ".repeat(8000)}"x"x` };
    await problemInAnswer(call("GET", `/v1/tasks/${id}`, { headers }), 400, "bad-request");
  });

  it("that is another preference is none", async () => {
    const id = newId();
    await bring(id, "running");
    for (const Prefer of ["respond-async", "waiting=5", "nowait", "x;wait=5", ",", ""]) {
      const response = await call("GET", `/v1/tasks/${id}`, { headers: { Prefer } });
      expect(response.status).toBe(200);
      expect(response.headers.get("Preference-Applied")).toBeNull();
      await response.text();
    }
  });
});

const BAD_REVISIONS = ["-1", "1.5", "1e3", "0x1", "abc", "NaN", "W/2", "9999999999999999"];

describe("a revision", () => {
  it.each(BAD_REVISIONS)("%s is refused, however the task is read", async (revision) => {
    const id = newId();
    await bring(id, "running");
    const before = await everythingOf(id);
    const path = `/v1/tasks/${id}?revision=${revision}`;
    for (const answer of [
      call("GET", path),
      call("GET", `${path}&wait=30`),
      call("GET", path, { headers: { Accept: "text/event-stream" } }),
      call("GET", path, { headers: { Upgrade: "websocket" } }),
      call("GET", `/v1/tasks/${id}`, {
        headers: { Accept: "text/event-stream", "Last-Event-ID": revision },
      }),
    ]) {
      const { detail } = await problemInAnswer(answer, 400, "bad-request");
      expect(detail).toContain(`"${revision}"`);
      expect(detail).toContain("a whole number");
    }
    expect(await everythingOf(id)).toEqual(before);
  });
});

describe("a parameter of a read", () => {
  it.each([
    ["observe=maybe", '"observe" must be true or false'],
    ["observe=", '"observe" must be true or false'],
    ["observe=maybe&attempt=1&holder=a", '"observe" must be true or false'],
    ["attempt=-1", "its attempt, a whole number from 1"],
    ["attempt=-1&holder=a", "its attempt, a whole number from 1"],
    ["holder=a", "names both its attempt"],
    ["attempt=1&holder=", "its holder, 1 to 128 characters"],
    [`attempt=1&holder=${"x".repeat(129)}`, "its holder, 1 to 128 characters"],
    ["direct=2", '"direct" must be 1'],
    ["wait=soon", "a number of seconds"],
    ["lastEventId=3&revision=x", "must be a whole number"],
  ])("is checked, whether it matters or not: %s", async (query, right) => {
    const path = `/v1/tasks/${newId()}?${query}`;
    for (const headers of [{}, { Accept: "text/event-stream" }, { Upgrade: "websocket" }]) {
      const { detail } = await problemInAnswer(call("GET", path, { headers }), 400, "bad-request");
      expect(detail).toContain(right);
    }
    expect((await call("HEAD", path)).status).toBe(400);
  });
});
