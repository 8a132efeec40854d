import * as fc from "fast-check";

export interface AnyRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** Few ids, so that a request meets what others left behind. */
const usualId = fc.constantFrom("fuzz-1", "fuzz-2", "fuzz-3", "fuzz-4");
const id = fc.oneof(
  { arbitrary: usualId, weight: 6 },
  fc.string({ unit: "binary", maxLength: 140 }).map(escaped),
  fc.stringMatching(/^[%0-9A-Fa-f]{1,12}$/),
);

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

const SERVED = [
  ["GET", "/v1/tasks/ID"],
  ["HEAD", "/v1/tasks/ID"],
  ["PUT", "/v1/tasks/ID"],
  ["DELETE", "/v1/tasks/ID"],
  ["POST", "/v1/tasks/ID/start"],
  ["POST", "/v1/tasks/ID/cancel"],
  ["POST", "/v1/tasks/ID/finish"],
  ["GET", "/cancel-task/ID"],
  ["GET", "/watch-task/ID"],
] as const;

const served = fc.constantFrom(...SERVED);
const route = fc.oneof(
  { arbitrary: served, weight: 6 },
  fc.tuple(
    fc.constantFrom(...METHODS),
    served.map(([, path]) => path),
  ),
  fc.tuple(fc.constantFrom(...METHODS), fc.webPath()),
);

const anyValue = fc.oneof(
  fc.constantFrom("", "0", "1", "2", "-1", "0.01", "1e9", "NaN", '"1"', 'W/"1"'),
  fc.stringMatching(/^[!-~]{0,30}$/),
);

const query = fc.oneof(
  { arbitrary: fc.constant(""), weight: 3 },
  fc
    .tuple(fc.constantFrom("wait", "revision", "__proto__", "x"), anyValue)
    .map(([name, value]) => `?${name}=${encodeURIComponent(value)}`),
  fc.webQueryParameters().map((parameters) => `?${parameters}`),
);

const headers = fc.dictionary(
  fc.constantFrom("If-None-Match", "Last-Event-ID", "Prefer", "Sec-WebSocket-Protocol", "X-Any"),
  fc.oneof(
    anyValue,
    anyValue.map((value) => `wait=${value}`),
  ),
  { maxKeys: 3 },
);

const watched = fc.constantFrom(
  {},
  {},
  {},
  { Accept: "text/event-stream" },
  { Upgrade: "websocket" },
);

/** Values that are right as often as they are wrong. */
const field = fc.oneof(
  fc.constantFrom(0, 1, 2, 0.5, -1, 1e308, "a", "b", "cancelled", "succeeded", "failed", null, {}),
  fc.jsonValue(),
);

const FIELDS = [
  "timeoutSeconds",
  "gracePeriodSeconds",
  "retentionSeconds",
  "metadata",
  "holder",
  "reason",
  "attempt",
  "status",
  "result",
  "error",
];

const usualBody = fc.constantFrom(
  '{"holder":"a"}',
  '{"holder":"b"}',
  '{"attempt":1,"status":"cancelled"}',
  '{"reason":"x"}',
);
const body = fc.oneof(
  fc.constant(undefined),
  usualBody,
  fc
    .dictionary(fc.constantFrom(...FIELDS), field, { maxKeys: 3 })
    .map((all) => JSON.stringify(all)),
  fc.json(),
  fc.string({ unit: "binary" }),
  fc.uint8Array({ maxLength: 64 }),
  fc.nat({ max: 20_000 }).map((length) => `"${"x".repeat(length)}"`),
);

/** As it should be, but for who sends it and what went before. */
const usual = fc.record({
  route: served,
  id: usualId,
  query: fc.constant(""),
  headers: fc.constant({}),
  watched: fc.constantFrom({}, { Upgrade: "websocket" }),
  body: usualBody,
});

/** A request as nobody in particular would send it; every other one is as it should be. */
export const arbitraryRequest: fc.Arbitrary<AnyRequest> = fc
  .oneof(fc.record({ route, id, query, headers, watched, body }), usual)
  .map((parts) => {
    const [method, path] = parts.route;
    const hasBody = method !== "GET" && method !== "HEAD";
    return {
      method,
      path: `${path.replace("ID", () => parts.id)}${parts.query}`,
      headers: { ...parts.headers, ...(hasBody ? {} : parts.watched) },
      body: hasBody ? parts.body : undefined,
    };
  });

/** As much of a text as a path can carry. */
function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
