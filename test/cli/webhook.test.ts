import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { until } from "../../scripts/until.ts";
import { TaskClient, type WebhookDelivery } from "../../worker-client/index.ts";
import { type Exchange, fakeService } from "../client/harness.ts";
import { freePort } from "../lab/free-port.ts";
import { runCli } from "./harness.ts";

const end = new AsyncDisposableStack();
const folder = end.use(await mkdtempDisposable(join(tmpdir(), "edge-canceler-webhooks-")));
const dataFolder = join(folder.path, "data");
const receiver = end.use(await fakeService());
let service: Awaited<ReturnType<typeof serveBundle>>;

async function serve(port: number): Promise<void> {
  const vars = { AUTH: "none", WEBHOOK_HOSTS: "127.0.0.1" };
  service = await serveBundle({ bundle: inject("bundle"), dataFolder, port, vars });
}

beforeAll(async () => {
  await mkdir(dataFolder);
  await serve(await freePort());
});
afterAll(async () => {
  await service.stop();
  await end.disposeAsync();
});

const webhook = (...args: readonly string[]) =>
  runCli(["webhook", ...args], { environment: { EDGE_CANCELER_URL: service.url } });

/** Adds a webhook for the tasks of one test; returns its secret. */
async function add(name: string, ...options: readonly string[]): Promise<string> {
  const url = `${receiver.url}/${name}`;
  const { stdout, exitCode } = await webhook("add", name, url, "--prefix", name, ...options);
  expect(exitCode).toBe(0);
  return stdout.split("\n")[1] ?? "";
}

async function deliveriesOf(name: string): Promise<readonly WebhookDelivery[]> {
  const { stdout } = await webhook("deliveries", name, "--json");
  return stdout
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** What was sent, if the library takes it for signed with a secret. */
async function verified(exchange: Exchange, secret: string) {
  const chunks: Buffer[] = [];
  for await (const chunk of exchange.request) chunks.push(chunk);
  const headers = Object.fromEntries(
    Object.entries(exchange.request.headers).map(([name, value]) => [name, String(value)]),
  );
  const body: unknown = new Webhook(secret).verify(Buffer.concat(chunks).toString(), headers);
  return { id: headers["webhook-id"], body };
}

const newName = () => `hook-${crypto.randomUUID().slice(0, 8)}`;

describe("edge-canceler webhook", () => {
  it("adds a webhook and prints its secret once, changes it, lists and removes it", async () => {
    const name = newName();
    const url = `${receiver.url}/a`;
    const added = await webhook("add", name, url, "--event", "task.cancelling");
    expect(added).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(`^${name}  on  ${url}  task.cancelling\nwhsec_[\\w+/]{43}=\n$`),
      stderr: expect.stringContaining("keep this secret"),
    });
    const changed = await webhook("add", name, url, "--queue", "gpu");
    expect([changed.stdout, changed.stderr]).toEqual([
      `${name}  on  ${url}  all events  queue gpu\n`,
      "",
    ]);
    const rotated = JSON.parse(
      (await webhook("add", name, url, "--rotate-secret", "--json")).stdout,
    );
    expect(rotated).toMatchObject({ secret: expect.stringMatching(/^whsec_/) });
    expect(rotated.earlierSecretUntil).not.toBeNull();
    const file = join(folder.path, "secret");
    await writeFile(file, `whsec_${btoa("x".repeat(32))}\n`);
    const own = await webhook("add", name, url, "--secret-file", file);
    expect([own.exitCode, own.stdout]).toEqual([0, `${name}  on  ${url}  all events\n`]);
    expect((await webhook("list")).stdout).toContain(`${name}  on  ${url}  all events\n`);
    expect((await webhook("remove", name)).stdout).toBe(`${name}  removed\n`);
    expect((await webhook("list")).stdout).not.toContain(name);
  });

  it("tests a webhook, shows what was sent, and sends it again", async () => {
    const name = newName();
    const secret = await add(name);
    const failing = webhook("test", name);
    (await receiver.requests.next()).answer(500, {});
    const failed = await failing;
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain("  failed  webhook.test  ");
    expect(failed.stdout).toContain("it answered with HTTP status 500");
    const working = webhook("test", name, "--json");
    const exchange = await receiver.requests.next();
    const { id, body } = await verified(exchange, secret);
    exchange.answer(200, {});
    expect(JSON.parse((await working).stdout)).toMatchObject({ id, status: "delivered" });
    expect(body).toMatchObject({ type: "webhook.test", data: { webhook: name } });
    const again = await webhook("redeliver", name, String(id));
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining("waiting")]);
    const repeated = await receiver.requests.next();
    expect((await verified(repeated, secret)).id).toBe(id);
    repeated.answer(204, "");
    const deliveries = await webhook("deliveries", name);
    expect(deliveries.stdout.split("\n")).toHaveLength(3);
    expect(await webhook("redeliver", name, "msg_none")).toMatchObject({
      exitCode: 77,
      stderr: expect.stringContaining(
        `has no delivery "msg_none": edge-canceler webhook deliveries ${name} lists`,
      ),
    });
  });

  it.each([
    [[], 2, "say what to do: add, list, test"],
    [["stop"], 2, 'there is no action "stop"'],
    [["add", "a"], 2, "it takes 2 arguments, not 1"],
    [["add", "..", "https://a.example"], 2, '".." is not a valid webhook name'],
    [
      ["add", "a", "https://a.example", "--event", "task.paused"],
      2,
      "--event must be one of task.started",
    ],
    [
      ["add", "a", "https://a.example", "--secret-file", "/nowhere"],
      2,
      "cannot read the secret file",
    ],
    [["add", "a", "https://a.example"], 2, "must be at one of the hosts that WEBHOOK_HOSTS lists"],
    [["list", "--prefix", "a"], 2, "--prefix is an option of add"],
    [["remove"], 2, "name a webhook"],
    [["remove", "unknown"], 1, "no webhook unknown is known"],
    [["test", "unknown"], 77, "create it with edge-canceler webhook add unknown URL"],
    [["deliveries", "unknown"], 77, "No webhook unknown is known"],
  ])("says what is wrong: %j", async (args, exitCode, words) => {
    const failed = await webhook(...args);
    expect([failed.exitCode, failed.stdout, failed.stderr.split("\n").length]).toEqual([
      exitCode,
      "",
      2,
    ]);
    expect(failed.stderr).toContain(words);
    expect(failed.stderr).not.toContain("is the address right");
  });
});

describe("edge-canceler webhook, with a service that sends nothing", () => {
  it.each([
    [["list"], 0],
    [["remove", "a"], 1],
    [["deliveries", "a"], 77],
    [["test", "a"], 77],
    [["redeliver", "a", "msg_1"], 77],
    [["add", "a", "https://a.example"], 77],
  ])("says so, and what turns webhooks on: %j", async (args, exitCode) => {
    const environment = { EDGE_CANCELER_URL: inject("serviceUrl") };
    const answer = await runCli(["webhook", ...args], { environment });
    expect(answer.exitCode).toBe(exitCode);
    expect(answer.stderr.match(/This service sends no webhooks: set WEBHOOK_HOSTS/g)).toHaveLength(
      1,
    );
  });
});

describe("a webhook, over real sockets", () => {
  it("is told of a task's cancel and of its end, signed", async () => {
    const name = newName();
    const secret = await add(name, "--event", "task.cancelling", "--event", "task.ended");
    const tasks = new TaskClient({ url: service.url });
    const { attempt } = await tasks.start(name);
    const cancelled = await tasks.cancel(name, { reason: "wrong data" });
    const cancelling = await receiver.requests.next();
    expect((await verified(cancelling, secret)).body).toMatchObject({
      type: "task.cancelling",
      timestamp: cancelled.cancellation?.requestedAt,
      data: { id: name, status: "cancelling", cancellation: { reason: "wrong data" } },
    });
    cancelling.answer(204, "");
    await tasks.finish(name, { attempt, status: "cancelled" });
    const ended = await receiver.requests.next();
    expect((await verified(ended, secret)).body).toMatchObject({
      type: "task.ended",
      data: { id: name, status: "cancelled" },
    });
    ended.answer(204, "");
  });

  it("is sent again what a kill -9 of the service cut off, under the same id", async () => {
    const name = newName();
    const secret = await add(name);
    const tasks = new TaskClient({ url: service.url });
    await tasks.cancel(name);
    const cut = await receiver.requests.next();
    const { id } = await verified(cut, secret);
    await service.stop();
    expect(service.process.signalCode).toBe("SIGKILL");
    await serve(Number(new URL(service.url).port));
    const again = await receiver.requests.next();
    expect((await verified(again, secret)).id).toBe(id);
    again.answer(200, {});
    await until("it is delivered", async () =>
      (await deliveriesOf(name)).some((one) => one.status === "delivered" && one.id === id),
    );
    expect(receiver.requests.left).toBe(0);
  });

  it("follows no redirect, and reads no more than the beginning of an answer", async () => {
    const name = newName();
    await add(name);
    const redirected = webhook("test", name);
    const exchange = await receiver.requests.next();
    exchange.answer(307, "", { Location: `${receiver.url}/elsewhere` });
    expect((await redirected).stdout).toContain("it redirects: give the webhook the new address");
    const endless = webhook("test", name);
    const { response } = await receiver.requests.next();
    response.writeHead(200);
    const writing = setInterval(() => response.write("x".repeat(65_536)), 1);
    await new Promise((resolve) => response.on("close", resolve));
    clearInterval(writing);
    expect((await endless).stdout).toContain("  delivered  webhook.test");
    expect(receiver.requests.left).toBe(0);
  });
});
