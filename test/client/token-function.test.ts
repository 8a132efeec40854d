import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { RequestRefusedError, ServiceUnreachableError } from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { type Exchange, fakeService, numberedTokens, pollingClient } from "./harness.ts";
import { rejectionOf } from "./suite/harness.ts";
import { taskState } from "./task-state.ts";

const MALFORMED = "the token must be printable ASCII without spaces";
const PAUSES_MS = [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000];

/** A JWT that nobody has signed. */
function tokenThatEndsIn(seconds: number): string {
  const claims = Buffer.from(JSON.stringify({ sub: "größe?>", exp: seconds })).toString(
    "base64url",
  );
  return `e30.${claims}.c2ln`;
}

function tokenOf(exchange: Exchange): string | undefined {
  return exchange.request.headers.authorization;
}

describe("a token function", () => {
  const clock = fakeClockInEachTest();

  it("is asked when the first request needs a token, and its answer is kept", async () => {
    await using service = await fakeService();
    const token = numberedTokens();
    const tasks = pollingClient(service.url, token);
    expect(token).not.toHaveBeenCalled();
    for (const _ of [1, 2, 3]) {
      const asked = tasks.get("1234");
      const exchange = await service.requests.next();
      expect(tokenOf(exchange)).toBe("Bearer token-1");
      exchange.answer(200, taskState("1234"));
      await asked;
    }
    expect(token).toHaveBeenCalledTimes(1);
  });

  it("is asked once by requests that need a token at the same time", async () => {
    await using service = await fakeService();
    const { promise, resolve } = Promise.withResolvers<string>();
    const token = vi.fn(() => promise);
    const tasks = pollingClient(service.url, token);
    const asked = [tasks.get("1"), tasks.get("2"), tasks.get("3")];
    resolve("s3cret");
    for (const _ of asked) {
      const exchange = await service.requests.next();
      expect(tokenOf(exchange)).toBe("Bearer s3cret");
      exchange.answer(200, taskState(exchange.path.slice(-1)));
    }
    await Promise.all(asked);
    expect(token).toHaveBeenCalledTimes(1);
  });

  it("is asked again after a 401, and the request is repeated at once with its answer", async () => {
    await using service = await fakeService();
    const started = pollingClient(service.url, numberedTokens()).start("1234", { holder: "me" });
    const refused = await service.requests.next();
    refused.answer(401, "");
    const repeated = await service.requests.next();
    expect([tokenOf(refused), tokenOf(repeated)]).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(await repeated.body()).toEqual({ holder: "me" });
    repeated.answer(200, taskState("1234"));
    await started;
  });

  it("is not asked a third time: a second 401 is a refusal, which names no token", async () => {
    await using service = await fakeService();
    const token = numberedTokens();
    const refused = rejectionOf(pollingClient(service.url, token).get("1234"));
    for (const _ of [1, 2]) (await service.requests.next()).answer(401, "");
    const error = await refused;
    expect(error).toBeInstanceOf(RequestRefusedError);
    expect(error).toMatchObject({ status: 401 });
    expect(inspect(error, { depth: 9 })).not.toMatch(/token-\d/);
    expect([token.mock.calls.length, service.requests.left]).toEqual([2, 0]);
  });

  it("that has no other token is not sent with the same one again", async () => {
    await using service = await fakeService();
    const refused = rejectionOf(pollingClient(service.url, () => "s3cret").get("1234"));
    (await service.requests.next()).answer(401, "");
    expect(await refused).toMatchObject({ status: 401 });
    expect(service.requests.left).toBe(0);
  });

  it("is asked once for all the requests that meet a 401 together", async () => {
    await using service = await fakeService();
    const token = numberedTokens();
    const tasks = pollingClient(service.url, token);
    const asked = [tasks.get("1"), tasks.get("2"), tasks.get("3")];
    const refused = [];
    for (const _ of asked) refused.push(await service.requests.next());
    for (const exchange of refused) exchange.answer(401, "");
    for (const _ of asked) {
      const exchange = await service.requests.next();
      expect(tokenOf(exchange)).toBe("Bearer token-2");
      exchange.answer(200, taskState(exchange.path.slice(-1)));
    }
    await Promise.all(asked);
    expect(token).toHaveBeenCalledTimes(2);
  });

  it.each([
    [
      "throws",
      (error: Error) => () => {
        throw error;
      },
    ],
    ["rejects", (error: Error) => () => Promise.reject(error)],
  ])("that %s is out of reach: it is asked again as after any failure", async (_name, failing) => {
    const outage = new Error("the issuer is down");
    const token = vi.fn(failing(outage));
    await using service = await fakeService();
    const failed = rejectionOf(pollingClient(service.url, token).get("1234"));
    for (const pauseMs of PAUSES_MS) await clock.ring(pauseMs);
    const error = await failed;
    expect(error).toBeInstanceOf(ServiceUnreachableError);
    expect(error).toMatchObject({ message: "no answer from the token function", cause: outage });
    expect([token.mock.calls.length, service.requests.left]).toEqual([10, 0]);
  });

  it("that was out of reach and is back is believed", async () => {
    await using service = await fakeService();
    const token = numberedTokens();
    token.mockRejectedValueOnce(new Error("the issuer is down"));
    const asked = pollingClient(service.url, token).get("1234");
    await clock.ring(250);
    (await service.requests.next()).answer(200, taskState("1234"));
    expect(await asked).toEqual(taskState("1234"));
  });

  it("that has no answer within 10 s is asked again", async () => {
    await using service = await fakeService();
    const token = numberedTokens();
    token.mockReturnValueOnce(new Promise(() => {}));
    const asked = pollingClient(service.url, token).get("1234");
    await clock.timeOut(10_000);
    await clock.ring(250);
    (await service.requests.next()).answer(200, taskState("1234"));
    expect(await asked).toEqual(taskState("1234"));
  });

  it.each(["line\nbreak", "spa ce", "schlüssel", "", undefined, null, 5, ["s3cret"]])(
    "whose answer no header can carry makes the call a TypeError at once: %j",
    async (malformed) => {
      await using service = await fakeService();
      const token = numberedTokens();
      // A caller without types may answer anything.
      token.mockReturnValueOnce(JSON.parse(JSON.stringify({ malformed })).malformed);
      const tasks = pollingClient(service.url, token);
      await expect(tasks.get("1234")).rejects.toThrow(new TypeError(MALFORMED));
      expect(service.requests.left).toBe(0);
      // It is not kept.
      const asked = tasks.get("1234");
      (await service.requests.next()).answer(200, taskState("1234"));
      await asked;
    },
  );

  it("is asked again before a token ends that says when, and not by every request", async () => {
    await using service = await fakeService();
    const tokens = [tokenThatEndsIn(40), tokenThatEndsIn(29), tokenThatEndsIn(3600)];
    let asked = 0;
    const tasks = pollingClient(service.url, () => tokens[asked++] ?? "");
    vi.setSystemTime(0);
    for (const [atMs, token] of [
      [0, 0],
      [29_999, 0],
      [30_000, 1],
      [59_999, 1],
      [60_000, 2],
      [3_000_000, 2],
    ] as const) {
      vi.setSystemTime(atMs);
      const call = tasks.get("1234");
      const exchange = await service.requests.next();
      expect(tokenOf(exchange)).toBe(`Bearer ${tokens[token]}`);
      exchange.answer(200, taskState("1234"));
      await call;
    }
  });

  it("that cannot renew a token before it ends costs no call", async () => {
    await using service = await fakeService();
    const old = tokenThatEndsIn(31);
    const token = vi.fn((): Promise<string> => Promise.reject(new Error("the issuer is down")));
    token.mockReturnValueOnce(Promise.resolve(old));
    vi.setSystemTime(0);
    const tasks = pollingClient(service.url, token);
    for (const atMs of [0, 30_500, 30_600]) {
      vi.setSystemTime(atMs);
      const call = tasks.get("1234");
      const exchange = await service.requests.next();
      expect(tokenOf(exchange)).toBe(`Bearer ${old}`);
      exchange.answer(200, taskState("1234"));
      await call;
    }
    expect(token).toHaveBeenCalledTimes(2);
  });

  it("that is slow holds no call whose signal aborts, and leaves nothing on it", async () => {
    await using service = await fakeService();
    const { promise, reject } = Promise.withResolvers<string>();
    const own = new AbortController();
    const tasks = pollingClient(service.url, () => promise);
    const asked = rejectionOf(tasks.get("1234", { signal: own.signal }));
    await clock.timer(10_000);
    own.abort("never mind");
    expect(await asked).toBe("never mind");
    expect([getEventListeners(own.signal, "abort"), vi.getTimerCount()]).toEqual([[], 0]);
    // Nobody waits for this any more, so it must not come up as an unhandled rejection.
    reject(new Error("the issuer is down"));
    expect(service.requests.left).toBe(0);
  });

  it("is not asked by a call that was given up before", async () => {
    const token = numberedTokens();
    const signal = AbortSignal.abort("never mind");
    const asked = pollingClient("https://cancel.example.com", token).get("1234", { signal });
    expect(await rejectionOf(asked)).toBe("never mind");
    expect(token).not.toHaveBeenCalled();
  });
});

describe("a token that is no function", () => {
  it("is refused with the first 401, and the request is not repeated", async () => {
    await using service = await fakeService();
    const refused = rejectionOf(pollingClient(service.url, "s3cret").get("1234"));
    (await service.requests.next()).answer(401, "");
    const error = await refused;
    expect(error).toMatchObject({ name: "RequestRefusedError", status: 401 });
    expect(inspect(error, { depth: 9 })).not.toContain("s3cret");
    expect(service.requests.left).toBe(0);
  });
});
