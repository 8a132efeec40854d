import { randomBytes } from "node:crypto";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { type ServeOptions, serveBundle } from "../../scripts/serve-bundle.ts";
import { signToken } from "../../worker-client/cli/sign-token.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { untilWatched, WatchedCli } from "../cli/harness.ts";
import { freePort } from "../lab/free-port.ts";
import { block } from "./pages.ts";

const loop = block("docs/http.md", "until_cancelled 1234");
const cancel = block("docs/http.md", "curl localhost:8080/cancel-task");
const tasks = new TaskClient({ url: inject("serviceUrl") });

/** Runs a block of the page, for a task and a service of this test's own. */
function shell(code: string, id: string, url = inject("serviceUrl")): WatchedCli {
  return new WatchedCli([
    "sh",
    "-c",
    code.replaceAll("localhost:8080", url).replaceAll("1234", id),
  ]);
}

/** A task that runs: of an unknown one the service does not say who watches it. */
async function newTask(): Promise<string> {
  const id = `loop-${crypto.randomUUID()}`;
  await tasks.start(id);
  return id;
}

type Vars = NonNullable<ServeOptions["vars"]>;

/** A service of this test's own, which can go away and come back. */
async function ownService(vars: Vars) {
  await using end = new AsyncDisposableStack();
  const folder = end.use(await mkdtempDisposable(join(tmpdir(), "edge-canceler-loop-")));
  const serve = (port: number) =>
    serveBundle({ bundle: inject("bundle"), dataFolder: folder.path, port, vars });
  let service = await serve(await freePort());
  const { url } = service;
  end.defer(() => service.stop());
  const later = end.move();
  return {
    url,
    goAway: () => service.stop(),
    async comeBack() {
      service = await serve(Number(new URL(url).port));
    },
    [Symbol.asyncDispose]: () => later.disposeAsync(),
  };
}

describe("the loop over curl", () => {
  it("ends when the task is cancelled, and not before", async () => {
    const id = await newTask();
    await using worker = shell(loop, id);
    await untilWatched(tasks, id);
    expect(worker.stdout).toBe("");
    await using canceller = shell(cancel, id);
    expect([await canceller.exitCode(), canceller.stdout]).toEqual([0, "ok"]);
    expect([await worker.exitCode(), worker.stdout]).toEqual([0, `${id} was cancelled\n`]);
    expect(worker.stderr).toBe("");
  });

  it("hears of a cancel although its connection is dead and nobody says so", async () => {
    const id = await newTask();
    await using end = new AsyncDisposableStack();
    const line = await FaultyLine.open(inject("serviceUrl"));
    end.defer(() => line.close());
    const impatient = loop.replace("--max-time 10", "--max-time 2");
    await using worker = shell(impatient, id, line.url);
    await untilWatched(tasks, id);
    line.suffer({ kind: "half-open" });
    await tasks.cancel(id);
    expect([await worker.exitCode(), worker.stdout]).toEqual([0, `${id} was cancelled\n`]);
    expect(worker.stderr).toContain("trying again");
  });

  it("goes on when the service is down for a moment", async () => {
    await using service = await ownService({ AUTH: "none" });
    await service.goAway();
    await using worker = shell(loop, "down-1", service.url);
    await worker.says("HTTP status 000");
    await service.comeBack();
    await new TaskClient({ url: service.url }).cancel("down-1");
    expect([await worker.exitCode(), worker.stdout]).toEqual([0, "down-1 was cancelled\n"]);
  });

  it("ends on a refusal, and says why", async () => {
    const secret = randomBytes(32).toString("base64");
    await using service = await ownService({ AUTH_SECRET: secret });
    await using stranger = shell(loop, "refused-1", service.url);
    expect([await stranger.exitCode(), stranger.stdout]).toEqual([1, ""]);
    expect(stranger.stderr).toMatch(/refuses: .*"detail":".*token.*\n 401\n$/);
    const grant = { subject: "ci", scope: "cancel", tasks: ["*"], ttlSeconds: 60 };
    const token = await signToken(secret, grant, Date.now());
    const asCanceller = loop.replace("curl ", `curl -H "Authorization: Bearer ${token}" `);
    await using canceller = shell(asCanceller, "refused-1", service.url);
    expect([await canceller.exitCode(), canceller.stdout]).toEqual([1, ""]);
    expect(canceller.stderr).toMatch(/refuses: .*"detail":".*\n 403\n$/);
  });
});
