import { mkdir, mkdtempDisposable, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { projectFolder } from "../../scripts/folders.ts";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { WatchedCli } from "../cli/harness.ts";
import { fakeService } from "../client/harness.ts";

const example = join(projectFolder, "examples/webhook-receiver");
const secret = `whsec_${btoa("a secret of at least 24 bytes")}`;

const end = new AsyncDisposableStack();
afterAll(() => end.disposeAsync());
const folder = end.use(await mkdtempDisposable(join(tmpdir(), "edge-canceler-receiver-")));
let tasks: TaskClient;
let serviceUrl: string;

/** A folder of a service's own. */
async function newFolder(name: string): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(path);
  return path;
}

beforeAll(async () => {
  const service = await serveBundle({
    bundle: inject("bundle"),
    dataFolder: await newFolder("service"),
    port: 0,
    vars: { AUTH: "none", WEBHOOK_HOSTS: "127.0.0.1" },
  });
  end.defer(() => service.stop());
  serviceUrl = service.url;
  tasks = new TaskClient({ url: service.url });
});

/** Has the service tell a receiver of the tasks whose id begins with a prefix. */
async function addWebhook(prefix: string, url: string): Promise<void> {
  const { status } = await fetch(`${serviceUrl}/v1/webhooks/${prefix}`, {
    method: "PUT",
    body: JSON.stringify({ url, prefix, secret }),
  });
  expect(status).toBe(201);
}

/** A request with a body, and the signature of the same or another one. */
function signed(body: string, signedBody = body) {
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", new Date(), signedBody),
  };
  return { method: "POST", body, headers };
}

/** Sends a receiver an event that is not signed, or signed for something else; returns the status. */
async function sendForged(url: string): Promise<readonly number[]> {
  const body = JSON.stringify({ type: "task.cancelling", data: { id: "a", attempt: 1 } });
  const requests = [{ method: "POST", body }, signed(body, "another body")];
  const answers = requests.map((request) => fetch(url, request));
  return (await Promise.all(answers)).map(({ status }) => status);
}

describe("the example of a webhook receiver", () => {
  it("runs a command on Node that stops the work of a cancelled task, and reports its end", async () => {
    const stopped = join(folder.path, "stopped");
    await using server = new WatchedCli([
      "env",
      ...[`WEBHOOK_SECRET=${secret}`, `EDGE_CANCELER_URL=${serviceUrl}`, "PORT=0"],
      `STOP_COMMAND=echo "$JOB $TASK_METADATA [$WEBHOOK_SECRET]" >> ${stopped}`,
      ...[process.execPath, join(example, "server.js")],
    ]);
    await server.says("receiving on ");
    const [url = ""] = /http:\S+/.exec(server.stdout) ?? [];
    await addWebhook("node-", url);
    const id = "node-$(touch x)".replaceAll(/[^\w-]/g, "_");
    await tasks.declare(id, { metadata: { job: "resnet; $(false) '" } });
    await tasks.start(id);
    const task = await tasks.cancel(id, { waitSeconds: 20 });
    expect([task.status, task.cancellation?.acknowledgedAt]).toEqual([
      "cancelled",
      expect.anything(),
    ]);
    // The job's name is no part of the command, and the secret is not there.
    expect(await readFile(stopped, "utf8")).toBe(
      `resnet; $(false) ' {"job":"resnet; $(false) '"} []\n`,
    );
    // The service gives up after 15 s, or is killed while it sends.
    const cut = connect(Number(new URL(url).port), "127.0.0.1");
    cut.write("POST / HTTP/1.1\r\nHost: receiver\r\nContent-Length: 100\r\n\r\n{", () =>
      cut.destroy(),
    );
    await server.says("aborted");
    expect(await sendForged(url)).toEqual([401, 401]);
    const long = await fetch(url, { method: "POST", body: "x".repeat(300 * 1024) });
    expect(long.status).toBe(413);
    // It would be an option of the command.
    await tasks.declare("node-all", { metadata: { job: "--all" } });
    await tasks.start("node-all");
    await tasks.cancel("node-all");
    await server.says("node-all was not stopped");
    expect(await readFile(stopped, "utf8")).toMatch(/^[^\n]*\n$/);
  });

  it("does not run without a command, because it would report as stopped what still runs", async () => {
    await using server = new WatchedCli([
      "env",
      ...[`WEBHOOK_SECRET=${secret}`, `EDGE_CANCELER_URL=${serviceUrl}`, "PORT=0"],
      ...[process.execPath, join(example, "server.js")],
    ]);
    expect(await server.exitCode()).toBe(2);
    expect(server.stderr).toBe("STOP_COMMAND is not set\n");
  });

  it("calls an API from a Worker, and reports the end", async () => {
    await using api = await fakeService();
    const config = join(example, "wrangler.toml");
    const worker = await serveBundle({
      bundle: await bundleWorker({ folder: await newFolder("bundle"), config }),
      config,
      dataFolder: await newFolder("worker"),
      port: 0,
      vars: {
        WEBHOOK_SECRET: secret,
        EDGE_CANCELER_URL: serviceUrl,
        STOP_URL: `${api.url}/stop`,
        STOP_TOKEN: "stop-token",
      },
    });
    end.defer(() => worker.stop());
    await addWebhook("worker-", worker.url);
    await tasks.declare("worker-1", { metadata: { job: "resnet-50" } });
    await tasks.start("worker-1");
    const cancelled = tasks.cancel("worker-1", { waitSeconds: 30 });
    const stop = await api.requests.next();
    expect([stop.path, stop.request.headers.authorization]).toEqual(["/stop", "Bearer stop-token"]);
    expect(await stop.body()).toEqual({ job: "resnet-50" });
    stop.answer(200, {});
    expect((await cancelled).cancellation?.acknowledgedAt).not.toBeNull();
    expect(await sendForged(worker.url)).toEqual([401, 401]);
    await tasks.start("redirected");
    const event = { type: "task.cancelling", data: await tasks.cancel("redirected") };
    const sent = fetch(worker.url, signed(JSON.stringify(event)));
    (await api.requests.next()).answer(302, "", { Location: `${api.url}/sign-in` });
    expect((await sent).status).toBe(500);
    expect(api.requests.left).toBe(0);
  });
});
