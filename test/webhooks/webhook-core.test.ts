import { assert, describe, expect, it, vi } from "vitest";
import type { TryResult } from "../../src/webhooks/delivery.ts";
import type { WebhookSend } from "../../src/webhooks/webhook-core.ts";
import type { WebhookEvent } from "../../worker-client/protocol-webhooks.ts";
import { answered, LabWebhook, newEvent, OK, SETTINGS } from "./harness.ts";

/** A webhook that was made, and the secret that it was made with. */
async function made(): Promise<{ lab: LabWebhook; secret: string }> {
  const lab = new LabWebhook();
  const answer = await lab.core.put(SETTINGS);
  assert(answer.kind === "created");
  return { lab, secret: answer.webhook.secret ?? "" };
}

const idOf = ({ headers }: WebhookSend) => headers["webhook-id"];

/** Answers that a test gives when it likes. */
function answersLater(lab: LabWebhook) {
  const waiting: ((result: TryResult) => void)[] = [];
  lab.receive = () => new Promise((resolve) => waiting.push(resolve));
  return waiting;
}

describe("an event", () => {
  it("that is refused three times is delivered the fourth time: once, under one id, and signed", async () => {
    const { lab, secret } = await made();
    const startMs = lab.nowMs;
    const answers = [500, 500, 500, 200];
    lab.receive = () => answered(answers.shift() ?? 0);
    const event = newEvent();
    await lab.core.take(event);
    const rung = await lab.ringUntilSilent();
    expect(rung.map((ms) => (ms - startMs) / 1000)).toEqual([0, 5, 305, 2105]);
    expect(lab.received.map(idOf)).toEqual([event.id, event.id, event.id, event.id]);
    for (const request of lab.received) {
      expect(request.body).toBe(event.payload);
      expect(lab.isSignedWith(secret, request)).toBe(true);
    }
    const times = lab.received.map(({ headers }) => Number(headers["webhook-timestamp"]));
    expect(times.map((seconds) => seconds - startMs / 1000)).toEqual([0, 5, 305, 2105]);
    expect(await lab.core.deliveries()).toMatchObject([
      { id: event.id, status: "delivered", tries: 4, answerStatus: 200, error: null },
    ]);
  });

  it("that comes again is not sent again, while it waits or once it was delivered", async () => {
    const { lab } = await made();
    const event = newEvent();
    await lab.core.take(event);
    await lab.core.take(event);
    await lab.ringUntilSilent();
    await lab.core.take(event);
    await lab.ringUntilSilent();
    expect(lab.received).toHaveLength(1);
  });

  it.each(["before it was sent", "while it was sent"])(
    "that was taken outlives a kill %s",
    async (when) => {
      using _ = vi.spyOn(console, "error").mockReturnValue();
      const { lab } = await made();
      const event = newEvent();
      const answers = answersLater(lab);
      await lab.core.take(event);
      if (when === "while it was sent") {
        const armedAtMs = lab.alarmAtMs;
        const ringing = lab.core.ring();
        expect(lab.received).toHaveLength(1);
        lab.restart();
        answers[0]?.(OK);
        await expect(ringing).rejects.toThrow("killed");
        // An alarm that was not done rings again.
        lab.alarmAtMs = armedAtMs;
      } else {
        lab.restart();
      }
      lab.receive = () => OK;
      await lab.ringUntilSilent();
      expect(new Set(lab.received.map(idOf))).toEqual(new Set([event.id]));
      expect(await lab.core.deliveries()).toMatchObject([{ status: "delivered", tries: 1 }]);
    },
  );

  it("that nobody wants is not kept", async () => {
    const { lab } = await made();
    await lab.core.put({ ...SETTINGS, prefix: "train-", events: ["task.lost"] });
    await lab.core.take(newEvent({ taskId: "train-1", type: "task.ended" }));
    await lab.core.take(newEvent({ taskId: "build-1", type: "task.lost" }));
    expect([lab.alarmAtMs, await lab.core.deliveries()]).toEqual([null, []]);
  });

  it("for a webhook that does not exist leaves nothing behind", async () => {
    const lab = new LabWebhook();
    await lab.core.take(newEvent());
    expect([lab.alarmAtMs, lab.endpoint, await lab.core.deliveries()]).toEqual([null, null, []]);
  });
});

describe("many events", () => {
  it("are sent four at a time, and a slow one holds no other up", async () => {
    const { lab } = await made();
    const slow = newEvent();
    let inFlight = 0;
    let most = 0;
    let endSlow = () => {};
    lab.receive = async (request) => {
      most = Math.max(most, ++inFlight);
      if (idOf(request) === slow.id) {
        await new Promise<void>((resolve) => {
          endSlow = resolve;
        });
      } else await Promise.resolve();
      inFlight -= 1;
      return OK;
    };
    await lab.core.take(slow);
    for (let i = 0; i < 50; i++) await lab.core.take(newEvent());
    const ringing = lab.core.ring();
    await vi.waitFor(async () => expect((await lab.core.read())?.waiting).toBe(1));
    // One that comes meanwhile does not wait for the slow one either.
    await lab.core.take(newEvent());
    await vi.waitFor(() => expect(lab.received).toHaveLength(52));
    endSlow();
    await ringing;
    expect([most, (await lab.core.read())?.waiting]).toEqual([4, 0]);
  });

  it("set the alarm once, for each time is billed", async () => {
    const { lab } = await made();
    for (let i = 0; i < 10; i++) await lab.core.take(newEvent());
    expect(lab.alarmsSet).toBe(1);
  });

  it("wait together while the receiver as a whole rests", async () => {
    const { lab } = await made();
    const startMs = lab.nowMs;
    lab.receive = () => answered(503, 60);
    for (let i = 0; i < 20; i++) await lab.core.take(newEvent());
    await lab.ringUntilSilent(1);
    expect(lab.received.length).toBeLessThanOrEqual(4);
    expect(lab.alarmAtMs).toBe(startMs + 60_000);
    const nextTries = (await lab.core.deliveries()).map(({ nextTryAt }) => nextTryAt);
    expect(nextTries).toEqual(Array(20).fill(new Date(startMs + 60_000).toISOString()));
    lab.receive = () => OK;
    await lab.ringUntilSilent();
    expect((await lab.core.read())?.waiting).toBe(0);
  });

  it("do not fill the disk: past ten thousand that wait, more are dropped and counted", async () => {
    const { lab } = await made();
    for (let i = 0; i < 10_003; i++) await lab.core.take(newEvent());
    expect(await lab.core.read()).toMatchObject({ waiting: 10_000, dropped: 3 });
  });

  it("leave a log of the last hundred, newest first", async () => {
    const { lab } = await made();
    const events = Array.from({ length: 1300 }, () => newEvent());
    for (const event of events) await lab.core.take(event);
    await lab.ringUntilSilent();
    const log = await lab.core.deliveries();
    const ids = events.map(({ id }) => id).reverse();
    expect(log.map(({ id }) => id)).toEqual(ids.slice(0, 100));
    // Those that are older are known for a while, and then no longer.
    expect(await lab.core.redeliver(ids[900] ?? "")).toMatchObject({ kind: "accepted" });
    expect(await lab.core.redeliver(ids[1250] ?? "")).toEqual({ kind: "unknown" });
  });

  it("do not fill the disk either if the object sleeps between them", async () => {
    const { lab } = await made();
    const events = Array.from({ length: 1100 }, () => newEvent());
    for (const event of events) {
      lab.restart();
      await lab.core.take(event);
      await lab.ringUntilSilent();
    }
    const isKnown = async (id = "") => (await lab.core.redeliver(id)).kind === "accepted";
    expect([await isKnown(events[99]?.id), await isKnown(events[100]?.id)]).toEqual([false, true]);
  });
});

describe("a webhook", () => {
  it("that answers 410 gets nothing more, until it is put again", async () => {
    const { lab } = await made();
    lab.receive = () => answered(410);
    for (let i = 0; i < 10; i++) await lab.core.take(newEvent());
    await lab.ringUntilSilent();
    const sent = lab.received.length;
    expect(sent).toBeLessThanOrEqual(4);
    await lab.core.take(newEvent());
    expect([lab.alarmAtMs, lab.listed?.isOn]).toEqual([null, false]);
    const off = await lab.core.read();
    expect(off).toMatchObject({ disabledReason: "gone", waiting: 0 });
    const log = await lab.core.deliveries();
    const [last] = log;
    expect(last).toMatchObject({
      status: "failed",
      tries: 0,
      error: expect.stringContaining("off"),
    });
    expect(log.at(-1)).toMatchObject({ tries: 1, error: "it answered with HTTP status 410" });
    expect(await lab.core.redeliver(last?.id ?? "")).toEqual({ kind: "disabled" });

    lab.receive = () => OK;
    const on = await lab.core.put(SETTINGS);
    expect(on).toMatchObject({ kind: "changed", webhook: { disabledAt: null } });
    expect(lab.listed?.isOn).toBe(true);
    expect(await lab.core.redeliver(last?.id ?? "")).toMatchObject({ kind: "accepted" });
    await lab.ringUntilSilent();
    expect((await lab.core.deliveries())[0]?.status).toBe("delivered");
  });

  it("shows its secret once, and signs with the earlier one for a day", async () => {
    const { lab, secret } = await made();
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
    expect(await lab.core.read()).not.toHaveProperty("secret");
    expect(await lab.core.put(SETTINGS)).not.toHaveProperty("webhook.secret");
    const rotated = await lab.core.put({ ...SETTINGS, rotateSecret: true });
    assert(rotated.kind === "changed");
    const { secret: next = "", earlierSecretUntil } = rotated.webhook;
    expect(Date.parse(earlierSecretUntil ?? "")).toBe(lab.nowMs + 24 * 3600 * 1000);
    const sendOne = async () => {
      await lab.core.take(newEvent());
      await lab.ringUntilSilent();
      const request = lab.received.at(-1);
      assert(request);
      return [secret, next].map((one) => lab.isSignedWith(one, request));
    };
    expect(await sendOne()).toEqual([true, true]);
    lab.nowMs += 24 * 3600 * 1000;
    expect(await sendOne()).toEqual([false, true]);
  });

  it("that is changed neither sends, shows nor redelivers what it is not for any more", async () => {
    const { lab } = await made();
    const about = (taskId: string, queue: string | null, type: WebhookEvent = "task.ended") =>
      newEvent({ taskId, queue, type, payload: JSON.stringify({ type, data: { queue } }) });
    const answers = answersLater(lab);
    const [refused, kept] = [about("train-1", "gpu"), about("sweep-1", "gpu")];
    const others = [
      ...[about("train-2", "gpu"), about("sweep-2", "cpu"), about("sweep-3", null)],
      about("sweep-4", "gpu", "task.started"),
    ];
    await lab.core.take(refused);
    const ringing = lab.core.ring();
    answers[0]?.(answered(503));
    await ringing;
    for (const event of [...others, kept]) await lab.core.take(event);
    await lab.core.put({ ...SETTINGS, events: ["task.ended"], prefix: "sweep-", queue: "gpu" });
    expect(await lab.core.deliveries()).toMatchObject([{ id: kept.id, status: "waiting" }]);
    expect(await lab.core.read()).toMatchObject({ waiting: 1 });
    for (const event of [refused, ...others]) {
      expect(await lab.core.redeliver(event.id)).toEqual({ kind: "unknown" });
    }
    lab.receive = () => OK;
    await lab.ringUntilSilent();
    expect(lab.received.map(idOf)).toEqual([refused.id, kept.id]);
  });

  it("that is changed is not turned off by what its earlier address still answers", async () => {
    const { lab } = await made();
    const answers = answersLater(lab);
    await lab.core.take(newEvent());
    const ringing = lab.core.ring();
    const url = "https://hooks.example.com/new";
    await lab.core.put({ ...SETTINGS, url });
    answers[0]?.(answered(410));
    await ringing;
    lab.receive = () => OK;
    await lab.ringUntilSilent();
    expect(lab.received.map((request) => request.url)).toEqual([SETTINGS.url, url]);
    expect(await lab.core.deliveries()).toMatchObject([{ status: "delivered" }]);
    expect(await lab.core.read()).toMatchObject({ disabledAt: null });
  });

  it("that is deleted sends nothing more, not even what is on its way", async () => {
    const { lab } = await made();
    const answers = answersLater(lab);
    await lab.core.take(newEvent());
    const ringing = lab.core.ring();
    await lab.core.remove();
    answers[0]?.(answered(500));
    await ringing;
    expect([lab.endpoint, lab.alarmAtMs, lab.listed]).toEqual([null, null, null]);
    expect([await lab.core.read(), await lab.core.deliveries()]).toEqual([null, []]);
  });

  it("that is deleted while it is put is gone, and both requests are answered", async () => {
    const lab = new LabWebhook();
    const putting = lab.core.put(SETTINGS);
    await lab.core.remove();
    expect(await putting).toMatchObject({ kind: "created", webhook: { id: "hook", waiting: 0 } });
    expect([lab.endpoint, await lab.core.read()]).toEqual([null, null]);
  });

  it("is not made when there are too many", async () => {
    const lab = new LabWebhook();
    lab.isListFull = true;
    expect(await lab.core.put(SETTINGS)).toEqual({ kind: "too_many" });
    expect(lab.endpoint).toBeNull();
  });

  it("can be tested: it is sent one event that is not tried again", async () => {
    const { lab, secret } = await made();
    lab.receive = () => answered(500);
    const failed = await lab.core.sendTest();
    expect(failed).toMatchObject({ type: "webhook.test", status: "failed", answerStatus: 500 });
    expect(lab.alarmAtMs).toBeNull();
    lab.receive = () => OK;
    const tested = await lab.core.sendTest();
    expect(tested).toMatchObject({ status: "delivered", tries: 1, taskId: null });
    const [, request] = lab.received;
    assert(request);
    expect(lab.isSignedWith(secret, request)).toBe(true);
    expect(JSON.parse(request.body)).toEqual({
      type: "webhook.test",
      timestamp: new Date(lab.nowMs).toISOString(),
      data: { webhook: "hook" },
    });
  });
});

describe("a delivery that is asked for again", () => {
  it("is sent at once, with the same id and body, and then tried as often as a new one", async () => {
    const { lab } = await made();
    const event = newEvent();
    await lab.core.take(event);
    await lab.ringUntilSilent();
    lab.receive = () => answered(500);
    expect(await lab.core.redeliver(event.id)).toMatchObject({
      kind: "accepted",
      delivery: { id: event.id, status: "waiting", tries: 0 },
    });
    expect(await lab.ringUntilSilent()).toHaveLength(10);
    expect(lab.received.map(({ headers, body }) => [headers["webhook-id"], body])).toEqual(
      Array(11).fill([event.id, event.payload]),
    );
  });

  it("is unknown if there is none", async () => {
    const { lab } = await made();
    expect(await lab.core.redeliver("msg_none")).toEqual({ kind: "unknown" });
  });
});

describe("an alarm that cannot write down what came of a try", () => {
  it("is logged, rings again a second later, and sends nothing in a loop", async () => {
    using log = vi.spyOn(console, "error").mockReturnValue();
    const { lab } = await made();
    await lab.core.take(newEvent());
    const { core } = lab;
    lab.receive = () => {
      lab.isDiskFull = true;
      return OK;
    };
    const atMs = lab.nowMs;
    await core.ring();
    expect([lab.received.length, lab.alarmAtMs]).toEqual([1, atMs + 1000]);
    expect(String(log.mock.calls)).toContain("the disk is full");
    lab.isDiskFull = false;
    lab.receive = () => OK;
    await lab.ringUntilSilent();
    expect(await lab.core.deliveries()).toMatchObject([{ status: "delivered" }]);
  });
});
