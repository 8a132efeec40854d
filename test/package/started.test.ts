import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { until } from "../../scripts/until.ts";
import { portOf } from "../client/harness.ts";
import { NpmStart } from "../scripts/harness.ts";
import { block } from "./pages.ts";
import { Reader } from "./reader.ts";

const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-started-"));
afterAll(() => folder.remove());

/** Types what a page says, with a port and a folder of this test's own. */
function start(code: string, name: string): NpmStart {
  const args = ["--port", "0", "--data", join(folder.path, name)];
  return new NpmStart(args, { typed: code.trim() });
}

describe("the page about operating the service", () => {
  it("starts it on another port, in another folder", async () => {
    const [, given = ""] = block("docs/operating.md", "--data ./state").split(" -- ");
    const here = given.trim().replace("9000", "0").replace("./state", join(folder.path, "state"));
    await using service = new NpmStart(here.split(" "));
    expect((await fetch(`${await service.ready}/ping`)).status).toBe(200);
  });

  it("starts it with a secret, so that it asks for a token", async () => {
    const code = block("docs/operating.md", "AUTH_SECRET=$(openssl");
    await using service = start(code, "secret");
    expect((await fetch(`${await service.ready}/v1/tasks/a`)).status).toBe(401);
  });
});

const ENDS_WITHIN_MS = 30_000;

describe("webhooks", () => {
  const on = block("docs/webhooks.md", "npm start");
  const added = block("docs/webhooks.md", "webhook add stopper");
  const put = block("docs/webhooks.md", "curl -X PUT");
  const sent = block("docs/webhooks.md", '"task.cancelling",');
  const addExample = block("examples/webhook-receiver/README.md", "webhook add");
  const serve = block("examples/webhook-receiver/README.md", "server.js");
  const stop = block("examples/webhook-receiver/README.md", "edge-canceler cancel");

  it("are turned on, added and sent as their page says, and the example stops a job", async () => {
    const end = new AsyncDisposableStack();
    // Also if the test is over because it took too long.
    onTestFinished(() => end.disposeAsync(), ENDS_WITHIN_MS);
    const service = end.use(start(on, "webhooks"));
    const url = await service.ready;
    const reader = await Reader.withPackage(url);
    end.defer(() => reader.leave());
    const bodies: string[] = [];
    const hook = createServer(async (request, response) => {
      bodies.push(await text(request));
      response.writeHead(204).end();
    }).listen(0, "127.0.0.1");
    end.defer(() => void hook.close());
    await once(hook, "listening");
    const run = async (code: string, port: number, names = {}) => {
      const cli = end.use(reader.shell(reader.adapt(code, { ":9000": `:${port}`, ...names })));
      expect([await cli.exitCode(), cli.stdout], cli.stderr).toEqual([0, expect.any(String)]);
      return cli.stdout;
    };

    const seen = [];
    for (const code of [put, added]) {
      await run(code, portOf(hook));
      const { secret, createdAt, ...webhook } = Object(
        await (await fetch(`${url}/v1/webhooks/stopper`)).json(),
      );
      seen.push(webhook);
    }
    expect(seen[0]).toMatchObject({ events: ["task.cancelling"], prefix: "train-" });
    expect(seen[1]).toEqual(seen[0]);

    // The example listens on a port of its own.
    const names = { "examples/webhook-receiver": join(projectFolder, "examples/webhook-receiver") };
    const [, secret = ""] =
      /(whsec_\S+)/.exec(await run(addExample, 1, { stopper: "example" })) ?? [];
    const typed = reader.adapt(serve, { ...names, "whsec_...": secret });
    const receiver = end.use(
      reader.shell(`export PORT=0\n${typed.replace("node /", "exec node /")}`),
    );
    await receiver.says("receiving on ");
    const [, port = ""] = /:(\d+)$/m.exec(receiver.stdout) ?? [];
    await run(addExample, Number(port), { stopper: "example" });
    const receipt = await run(stop, 0);
    expect(receipt).toMatch(/^train-7 {2}cancelled .* acknowledged \+/m);
    await receiver.says("stopping resnet-50\n");
    await until("the other webhook is told", () => bodies.length > 0);

    const { data: shown, ...event } = JSON.parse(sent);
    const { data, ...got } = JSON.parse(bodies[0] ?? "{}");
    expect(Object.keys(got)).toEqual(Object.keys(event));
    expect(Object.keys(data)).toEqual(
      expect.arrayContaining(Object.keys(shown).filter((field) => field !== "…")),
    );
  });
});
