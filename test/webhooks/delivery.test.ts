import { describe, expect, it } from "vitest";
import { afterTry, type TryResult } from "../../src/webhooks/delivery.ts";
import {
  type Endpoint,
  newDelivery,
  type StoredDelivery,
  wants,
  withSettings,
} from "../../src/webhooks/endpoint.ts";
import { answered, newEvent, OK, SETTINGS } from "./harness.ts";

const START_MS = Date.UTC(2026, 0, 31);
const endpoint = withSettings(null, SETTINGS, START_MS, "whsec_first");
const delivery = newDelivery(newEvent(), START_MS);
const AT = { nowMs: START_MS, chance: 0, revision: endpoint.revision };
const UNREACHED: TryResult = { kind: "unanswered", error: "cannot be reached" };

function tryIn(
  result: TryResult,
  given: { endpoint?: Partial<Endpoint>; delivery?: Partial<StoredDelivery>; chance?: number } = {},
) {
  return afterTry({ ...endpoint, ...given.endpoint }, { ...delivery, ...given.delivery }, result, {
    ...AT,
    chance: given.chance ?? 0,
  });
}

describe("a delivery", () => {
  it.each([200, 201, 204, 299])("is done when the answer is %d", (status) => {
    const { delivery, endpoint } = tryIn(answered(status));
    expect(delivery).toMatchObject({ isDelivered: true, nextTryAtMs: null, error: null, tries: 1 });
    expect(endpoint.disabled).toBeNull();
  });

  it.each([
    [answered(100), "it answered with HTTP status 100"],
    [answered(302), "it redirects: give the webhook the new address"],
    [answered(308), "it redirects: give the webhook the new address"],
    [answered(304), "it answered with HTTP status 304"],
    [answered(404), "it answered with HTTP status 404"],
    [answered(500), "it answered with HTTP status 500"],
    [UNREACHED, "cannot be reached"],
  ])("is tried again after %j", (result, error) => {
    const { delivery } = tryIn(result);
    expect(delivery).toMatchObject({ isDelivered: false, error, nextTryAtMs: START_MS + 5000 });
  });

  it("is tried ten times within four days, by the specification's table", () => {
    let nowMs = START_MS;
    let tried: StoredDelivery = delivery;
    const startedAfterSeconds: number[] = [];
    while (tried.nextTryAtMs !== null) {
      nowMs = tried.nextTryAtMs;
      startedAfterSeconds.push((nowMs - START_MS) / 1000);
      ({ delivery: tried } = afterTry(endpoint, tried, answered(500), { ...AT, nowMs }));
    }
    const at = (hours: number, minutes: number) => hours * 3600 + minutes * 60 + 5;
    expect(startedAfterSeconds).toEqual([
      ...[0, 5, at(0, 5), at(0, 35), at(2, 35), at(7, 35)],
      ...[at(17, 35), at(31, 35), at(51, 35), at(75, 35)],
    ]);
  });

  it("waits a little longer by chance, so that what failed together does not come back together", () => {
    expect(tryIn(answered(500), { chance: 1 }).delivery.nextTryAtMs).toBe(START_MS + 5500);
  });
});

describe("a webhook", () => {
  it("is turned off by 410, with nothing tried again", () => {
    const { delivery, endpoint: off } = tryIn(answered(410));
    expect(delivery).toMatchObject({ nextTryAtMs: null, isDelivered: false });
    expect(off.disabled).toEqual({ atMs: START_MS, reason: "gone" });
    expect(off.revision).toBe(endpoint.revision + 1);
  });

  it("is turned off once an event has failed for days and nothing else was delivered", () => {
    const last = { tries: 9, createdAtMs: START_MS - 300_000_000 };
    expect(tryIn(answered(500), { delivery: last }).endpoint.disabled?.reason).toBe("failing");
    const reached = { deliveredAtMs: START_MS - 1000 };
    const { delivery, endpoint } = tryIn(answered(500), { delivery: last, endpoint: reached });
    expect([delivery.nextTryAtMs, endpoint.disabled]).toEqual([null, null]);
  });

  it("stays on if it may have been reached after an event had failed for the first time", () => {
    const createdAtMs = START_MS - 300_000_000;
    const last = { tries: 9, createdAtMs };
    const reasonIf = (deliveredAtMs: number) =>
      tryIn(answered(500), { delivery: last, endpoint: { deliveredAtMs } }).endpoint.disabled
        ?.reason;
    expect(reasonIf(createdAtMs - 3_599_999)).toBeUndefined();
    expect(reasonIf(createdAtMs - 3_600_000)).toBe("failing");
  });

  it("stays off when an answer comes that was on its way", () => {
    const off = { disabled: { atMs: START_MS, reason: "gone" } } as const;
    expect(tryIn(answered(500), { endpoint: off }).delivery.nextTryAtMs).toBeNull();
    expect(tryIn(OK, { endpoint: off }).delivery.isDelivered).toBe(true);
  });

  it.each([answered(429), answered(502), answered(503), answered(504), UNREACHED])(
    "rests as a whole after %j, for longer each time, up to five minutes",
    (result) => {
      let { pause } = endpoint;
      const seconds: (number | undefined)[] = [];
      for (let nowMs = START_MS; seconds.length < 8; nowMs = pause?.untilMs ?? nowMs) {
        const at = { ...AT, nowMs };
        ({ pause } = afterTry({ ...endpoint, pause }, delivery, result, at).endpoint);
        seconds.push(pause?.seconds);
      }
      expect(seconds).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
      const over = { ...AT, nowMs: pause?.untilMs ?? 0 };
      expect(afterTry({ ...endpoint, pause }, delivery, OK, over).endpoint.pause).toBeNull();
    },
  );

  it("does not rest because of one event that it cannot take", () => {
    expect(tryIn(answered(500)).endpoint.pause).toBeNull();
  });

  it("rests as long as it asks to, up to an hour", () => {
    expect(tryIn(answered(503, 120)).endpoint.pause?.untilMs).toBe(START_MS + 120_000);
    expect(tryIn(answered(503, 1e9)).endpoint.pause?.untilMs).toBe(START_MS + 3_600_000);
  });

  it("rests neither longer nor shorter because of what was on its way when the rest began", () => {
    const pause = { untilMs: START_MS + 1, seconds: 5 };
    for (const result of [UNREACHED, OK]) {
      expect(tryIn(result, { endpoint: { pause } }).endpoint.pause).toBe(pause);
    }
  });

  it.each([answered(410), answered(503, 60), UNREACHED])(
    "that was changed meanwhile neither rests nor is turned off by the earlier address: %j",
    (result) => {
      const changed = { revision: endpoint.revision + 1 };
      const tried = tryIn(result, { endpoint: changed });
      expect(tried.endpoint).toEqual({ ...endpoint, ...changed });
      expect(tried.delivery.nextTryAtMs).toBe(START_MS + 5000);
      const last = { tries: 9, createdAtMs: START_MS - 300_000_000 };
      const failed = tryIn(result, { endpoint: changed, delivery: last });
      expect([failed.endpoint.disabled, failed.delivery.nextTryAtMs]).toEqual([null, null]);
    },
  );

  it("notes that it was reached at most once an hour, as a note costs a write", () => {
    const deliveredAtMs = START_MS - 1000;
    const reached = { ...endpoint, deliveredAtMs };
    expect(afterTry(reached, delivery, OK, AT).endpoint).toBe(reached);
    expect(tryIn(OK).endpoint.deliveredAtMs).toBe(START_MS);
  });
});

describe("a filter", () => {
  const event = newEvent({ type: "task.ended", taskId: "train-7", queue: "gpu" });

  it.each([
    [{}, true],
    [{ events: ["task.ended"] }, true],
    [{ events: ["task.started", "task.lost"] }, false],
    [{ prefix: "train-" }, true],
    [{ prefix: "rain-" }, false],
    [{ queue: "gpu" }, true],
    [{ queue: "cpu" }, false],
    [{ prefix: "train-", queue: "cpu" }, false],
  ] as const)("%j: %s", (filter, isWanted) => {
    expect(wants({ ...SETTINGS, ...filter }, event)).toBe(isWanted);
  });
});

describe("a secret", () => {
  const day = 24 * 3600 * 1000;
  const put = (before: Endpoint | null, settings: object, nowMs: number) =>
    withSettings(before, { ...SETTINGS, ...settings }, nowMs, `whsec_new-${nowMs}`);

  it("stays when the webhook is changed, and is another one only on demand", () => {
    const changed = put(endpoint, { prefix: "a" }, START_MS + 1);
    expect([changed.secret, changed.earlierSecrets]).toEqual(["whsec_first", []]);
    expect(put(changed, { rotateSecret: true }, START_MS).secret).toBe(`whsec_new-${START_MS}`);
    expect(put(changed, { secret: "whsec_mine" }, START_MS).secret).toBe("whsec_mine");
  });

  it("goes on signing for a day after it was changed, also if it was changed twice", () => {
    const once = put(endpoint, { secret: "whsec_2" }, START_MS);
    const twice = put(once, { secret: "whsec_3" }, START_MS + day - 1);
    expect(twice.earlierSecrets.map(({ secret }) => secret)).toEqual(["whsec_2", "whsec_first"]);
    const later = put(twice, {}, START_MS + day);
    expect(later.earlierSecrets).toEqual([{ secret: "whsec_2", untilMs: START_MS + 2 * day - 1 }]);
  });

  it("given again changes nothing, so that a request can be repeated", () => {
    const once = put(endpoint, { secret: "whsec_2" }, START_MS);
    const again = put(once, { secret: "whsec_2" }, START_MS + 1);
    expect(again.earlierSecrets).toEqual(once.earlierSecrets);
  });
});
