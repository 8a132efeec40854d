import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { bring, call, everythingOf, newId, problemInAnswer } from "./harness.ts";

const SECONDS_OF_A_DAY = "a number of seconds from 0 to 86400";
const SECONDS_OF_A_YEAR = "a number of seconds from 0 to 31536000";
const TIMEOUT = "a number of seconds from 0.001 to 31536000";
const KIB_4 = "at most 4096 bytes (4 KiB) of JSON";
const STATUS = '"succeeded", "failed" or "cancelled"';

/** The body, and what the answer says of it. */
const NO_OBJECTS = [
  ["{", "{", "not JSON"],
  ["{'reason': 1}", "{'reason': 1}", "not JSON"],
  ["undefined", "undefined", "not JSON"],
  ["[]", "[]", "a JSON object"],
  ['[{"reason":"x"}]', '[{"reason":"x"}]', "a JSON object"],
  ["null", "null", "a JSON object"],
  ["true", "true", "a JSON object"],
  ["12", "12", "a JSON object"],
  ['"cancel"', '"cancel"', "a JSON object"],
  ["x".repeat(100), "x".repeat(79), "not JSON"],
] as const;

/** The route, what the answer says, and the body's fields that it says it of. */
const BAD_FIELDS: readonly (readonly [route: string, said: readonly string[], json: object])[] = [
  ["PUT", ['"timeout"', "unknown", "timeoutSeconds"], { timeout: 5 }],
  ["PUT", ['"constructor"', "unknown"], { constructor: 5 }],
  ["PUT", ['"timeoutSeconds"', TIMEOUT, 'not "5"'], { timeoutSeconds: "5" }],
  ["PUT", ['"timeoutSeconds"', TIMEOUT, "not 0"], { timeoutSeconds: 0 }],
  ["PUT", ['"timeoutSeconds"', TIMEOUT, "not -5"], { timeoutSeconds: -5 }],
  ["PUT", ['"timeoutSeconds"', TIMEOUT, "not 31536001"], { timeoutSeconds: 31_536_001 }],
  ["PUT", ['"timeoutSeconds"', TIMEOUT, "not [5]"], { timeoutSeconds: [5] }],
  ["PUT", ['"gracePeriodSeconds"', SECONDS_OF_A_DAY, "not -1"], { gracePeriodSeconds: -1 }],
  ["PUT", ['"gracePeriodSeconds"', SECONDS_OF_A_DAY, "86401"], { gracePeriodSeconds: 86_401 }],
  ["PUT", ['"retentionSeconds"', SECONDS_OF_A_YEAR, "not -0.5"], { retentionSeconds: -0.5 }],
  ["PUT", ['"retentionSeconds"', SECONDS_OF_A_YEAR, "not true"], { retentionSeconds: true }],
  ["PUT", ['"metadata"', "a JSON object", "not []"], { metadata: [] }],
  ["PUT", ['"metadata"', "a JSON object", 'not "x"'], { metadata: "x" }],
  ["PUT", ['"metadata"', KIB_4], { metadata: { x: "y".repeat(4089) } }],
  ["PUT", ['"metadata"', KIB_4], { metadata: { x: "\u20AC".repeat(1500) } }],
  ["PUT", ['"availableAt"', "a time such as"], { availableAt: "2026-02-31T12:00:00Z" }],
  ["PUT", ['"availableAt"', "a time such as"], { availableAt: "2026-01-31T24:00:00Z" }],
  ["PUT", ['"availableAt"', "365 days"], { availableAt: new Date(Date.now() + 366 * 86_400_000) }],
  ["PUT", ['"delaySeconds"', SECONDS_OF_A_YEAR], { delaySeconds: 31_536_001 }],
  ["start", ['"holder"', "missing"], {}],
  ["start", ['"holder"', "1 to 128 characters", 'not ""'], { holder: "" }],
  ["start", ['"holder"', "1 to 128 characters"], { holder: "x".repeat(129) }],
  ["start", ['"holder"', "1 to 128 characters", "not 7"], { holder: 7 }],
  ["start", ['"holder"', "1 to 128 characters", "not null"], { holder: null }],
  [
    "start",
    [
      '"attempt"',
      "unknown",
      "the fields are maxAttempts, backoffSeconds, maxBackoffSeconds, parent, onParentCancel, holder, leaseSeconds, takeOver",
    ],
    { holder: "a", attempt: 1 },
  ],
  ["cancel", ['"reason"', "must be a string", "not 7"], { reason: 7 }],
  ["cancel", ['"reason"', "must be a string", 'not {"en":"stop"}'], { reason: { en: "stop" } }],
  ["cancel", ['"gracePeriodSeconds"', SECONDS_OF_A_DAY, 'not "5s"'], { gracePeriodSeconds: "5s" }],
  ["cancel", ['"requestedBy"', "unknown", "reason, gracePeriodSeconds"], { requestedBy: "me" }],
  ["cancel", ['"wait"', "unknown"], { wait: 30 }],
  ["finish", ['"attempt"', "missing"], {}],
  ["finish", ['"status"', "missing"], { attempt: 1 }],
  ["finish", ['"attempt"', "missing"], { status: "failed" }],
  ["finish", ['"attempt"', "whole number from 1", 'not "1"'], { attempt: "1", status: "failed" }],
  ["finish", ['"attempt"', "whole number from 1", "not 0"], { attempt: 0, status: "failed" }],
  ["finish", ['"attempt"', "whole number from 1", "not 1.5"], { attempt: 1.5, status: "failed" }],
  ["finish", ['"attempt"', "whole number from 1", "1e+300"], { attempt: 1e300, status: "failed" }],
  ["finish", ['"status"', STATUS, 'not "done"'], { attempt: 1, status: "done" }],
  ["finish", ['"status"', STATUS, 'not "timed_out"'], { attempt: 1, status: "timed_out" }],
  ["finish", ['"status"', STATUS, "not null"], { attempt: 1, status: null }],
  ["finish", ['"result"', KIB_4], { attempt: 1, status: "succeeded", result: "x".repeat(4095) }],
  ["finish", ['"error"', KIB_4], { attempt: 1, status: "failed", error: ["x".repeat(4093)] }],
  ["start", ['"holdr"', "unknown", "holder, leaseSeconds"], { holdr: "a" }],
  ["retry", ['The field "x" is unknown: this request takes no fields.'], { x: 1 }],
  ["finish", ["a result or an error"], { attempt: 1, status: "failed", result: 1, error: 2 }],
];

const NO_UTF_8 = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d);
/** A body that is harmless but for its length. */
const bodyOf = (bytes: number) => `{}${" ".repeat(bytes - 2)}`;

/** Sends a body to one of the routes of a running task, or has it declared. */
function send(id: string, route: string, body: BodyInit): Promise<Response> {
  return route === "PUT"
    ? call("PUT", `/v1/tasks/${id}`, { body })
    : call("POST", `/v1/tasks/${id}/${route}`, { body });
}

describe("a body that is no JSON object", () => {
  it.each(NO_OBJECTS)("is refused: %s", async (body, shown, right) => {
    const { detail } = await problemInAnswer(send(newId(), "cancel", body), 400, "bad-request");
    expect(detail).toContain(shown);
    expect(detail).toContain(right);
    expect(detail.length).toBeLessThan(250);
  });
});

describe.each([
  ["PUT", 128],
  ["start", 16],
  ["cancel", 256],
  ["finish", 16],
])("a body of %s", (route, kib) => {
  it.each([
    ["is malformed", "{", 400, "bad-request", "not JSON"],
    ["is an array", "[]", 400, "bad-request", "not []"],
    ["is no UTF-8", NO_UTF_8, 400, "bad-request", "UTF-8"],
    ["is too large", bodyOf(kib * 1024 + 1), 413, "body-too-large", `bytes (${kib} KiB)`],
  ] as const)("that %s is refused, and changes nothing", async (_, body, status, kind, said) => {
    const id = newId();
    const { detail } = await problemInAnswer(send(id, route, body), status, kind);
    expect(detail).toContain(said);
    expect(await everythingOf(id)).toEqual({ rows: new Map(), alarmAtMs: null, sockets: 0 });
  });
});

describe("a body that is too large", () => {
  it("is refused by its Content-Length, before a byte of it came in", async () => {
    const { readable } = new FixedLengthStream(16 * 1024 + 1);
    await problemInAnswer(send(newId(), "start", readable), 413, "body-too-large");
  });

  it("is refused while it comes in, where it has no end, and no more of it is read", async () => {
    const id = newId();
    const { readable, writable } = new IdentityTransformStream();
    const url = `https://localhost/v1/tasks/${id}/start`;
    const answer = exports.default.fetch(url, { method: "POST", body: readable });
    const writer = writable.getWriter();
    const kib = new TextEncoder().encode(" ".repeat(1024));
    const answered = answer.then(() => "answered");
    let sentKib = 0;
    while ((await Promise.race([writer.write(kib), answered])) !== "answered") {
      sentKib++;
      expect(sentKib).toBeLessThan(64);
    }
    await problemInAnswer(answer, 413, "body-too-large");
    expect(await everythingOf(id)).toEqual({ rows: new Map(), alarmAtMs: null, sockets: 0 });
  });
});

describe("a field", () => {
  it.each(BAD_FIELDS)(
    "of %s that is wrong is named, with what would be right: %o",
    async (route, said, json) => {
      const id = newId();
      if (route !== "PUT") await bring(id, "running");
      const before = await everythingOf(id);
      const answer = send(id, route, JSON.stringify(json));
      const { detail } = await problemInAnswer(answer, 400, "bad-request");
      for (const words of said) expect(detail).toContain(words);
      expect(detail.length).toBeLessThan(300);
      expect(await everythingOf(id)).toEqual(before);
    },
  );

  it("called __proto__ is as unknown as any other", async () => {
    const body = '{"__proto__":{"reason":"x"}}';
    const { detail } = await problemInAnswer(send(newId(), "cancel", body), 400, "bad-request");
    expect(detail).toContain('"__proto__"');
  });
});

describe("a body that is nested too deep", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

  it.each([
    ["PUT", (json: string) => `{"metadata":{"a":${json}}}`],
    ["PUT", (json: string) => `{"input":${json}}`],
    ["finish", (json: string) => `{"attempt":1,"status":"succeeded","result":${json}}`],
    ["heartbeat", (json: string) => `{"attempt":1,"holder":"holder-1","progress":${json}}`],
    ["cancel", (json: string) => `{"reason":${json}}`],
    ["cancel", (json: string) => json],
  ] as const)("is refused by %s, however deep, and changes nothing", async (route, bodyWith) => {
    const id = newId();
    if (route !== "PUT") await bring(id, "running");
    const before = await everythingOf(id);
    for (const levels of [101, 7000]) {
      const answer = send(id, route, bodyWith(nested(levels)));
      const { detail } = await problemInAnswer(answer, 400, "bad-request");
      expect(detail).toContain("more than 100 levels deep");
    }
    expect(await everythingOf(id)).toEqual(before);
  });
});

describe("a body at the limit", () => {
  it("of exactly 128 KiB is taken", async () => {
    const id = newId();
    expect((await send(id, "PUT", bodyOf(128 * 1024))).status).toBe(201);
  });

  it("with metadata of exactly 4 KiB is taken, and comes back as it was", async () => {
    const metadata = { x: "y".repeat(4088) };
    expect(await bring(newId(), "pending", { metadata })).toMatchObject({ metadata });
  });

  it("that is empty, or blank, is no body", async () => {
    expect((await send(newId(), "PUT", "")).status).toBe(201);
    expect((await send(newId(), "PUT", " \n\t")).status).toBe(201);
  });

  it("that comes in many small pieces, cut within a character, is put together", async () => {
    const id = newId();
    const bytes = new TextEncoder().encode(JSON.stringify({ reason: "\u{1F6D1} stop" }));
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    await send(id, "cancel", pieces);
    const task = await (await call("GET", `/v1/tasks/${id}`)).json();
    expect(task).toMatchObject({ cancellation: { reason: "\u{1F6D1} stop" } });
  });

  it("that is nested 100 levels deep is taken, and comes back as it was", async () => {
    // Brackets in a text nest nothing.
    const metadata = `{"a":${"[".repeat(98)}"\\"[[["${"]".repeat(98)}}`;
    const id = newId();
    expect((await send(id, "PUT", `{"metadata":${metadata}}`)).status).toBe(201);
    expect(await (await call("GET", `/v1/tasks/${id}`)).text()).toContain(metadata);
  });

  it("with keys that mean something to JavaScript is kept as it is", async () => {
    const id = newId();
    const metadata = '{"__proto__":{"a":1},"constructor":2,"toString":null}';
    expect((await send(id, "PUT", `{"metadata":${metadata}}`)).status).toBe(201);
    expect(await (await call("GET", `/v1/tasks/${id}`)).text()).toContain(metadata);
  });
});
