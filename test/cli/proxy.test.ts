import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { machineNode } from "../client/runtimes.ts";
import { block } from "../package/pages.ts";
import { RunningExec } from "./exec-harness.ts";
import { newTaskId, runCli, untilWatched } from "./harness.ts";
import { closedNetwork } from "./proxy-harness.ts";

const direct = new TaskClient({ url: inject("serviceUrl") });
const runtimes = ["node", "machine", "deno", "bun"] as const;

describe.each(runtimes)("where an HTTP proxy is the only way out, on %s", (runtime) => {
  it.skipIf(runtime === "machine" && machineNode() === null)(
    "exec hears of a cancel, and the cancel gets through",
    async () => {
      await using network = await closedNetwork(inject("serviceUrl"));
      const task = newTaskId();
      const { environment, url } = network;
      await using exec = new RunningExec(["sleep", "60"], { url, task, runtime, environment });
      await untilWatched(direct, task);
      const cancel = await runCli(["cancel", task], { runtime, environment });
      expect(cancel).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("cancelling") });
      expect(await exec.exitCode).toBe(143);
      expect(await direct.get(task)).toMatchObject({
        status: "cancelled",
        cancellation: { acknowledgedAt: expect.any(String) },
      });
      expect(network.webSockets).toBeGreaterThan(0);
      expect(new Set(network.asked)).toEqual(new Set(["CONNECT cancel.corp.test:443"]));
    },
  );
});

describe("a proxy", () => {
  it("that wants a password gets it from the variable", async () => {
    await using network = await closedNetwork(inject("serviceUrl"), { login: "me:secret" });
    const { environment } = network;
    expect(await runCli(["cancel", newTaskId()], { environment })).toMatchObject({ exitCode: 0 });
  });

  it("that wants a password and gets none is told apart from the service", async () => {
    await using network = await closedNetwork(inject("serviceUrl"), { login: "me:secret" });
    const environment = { ...network.environment, HTTPS_PROXY: `http://${network.proxy}` };
    const { exitCode, stderr } = await runCli(["cancel", newTaskId()], { environment });
    expect(exitCode).toBe(69);
    expect(stderr).toContain("the proxy refused with HTTP status 407, so put USER:PASSWORD@");
    await using exec = new RunningExec(["true"], {
      url: network.url,
      task: newTaskId(),
      environment,
    });
    expect(await exec.exitCode).toBe(0);
    expect(exec.stderr.text).toContain("the proxy refused with HTTP status 407");
  });

  it("that is not there is told apart from the service", async () => {
    const environment = {
      EDGE_CANCELER_URL: "https://cancel.corp.test",
      https_proxy: "127.0.0.1:9",
    };
    const { exitCode, stderr } = await runCli(["cancel", newTaskId()], { environment });
    expect(exitCode).toBe(69);
    expect(stderr).toContain("the proxy 127.0.0.1:9 cannot be reached: ECONNREFUSED");
  });

  it("is not asked for this machine, nor for what NO_PROXY names", async () => {
    await using network = await closedNetwork(inject("serviceUrl"));
    const { environment } = network;
    const here = {
      ...environment,
      HTTP_PROXY: environment["HTTPS_PROXY"] ?? "",
      EDGE_CANCELER_URL: inject("serviceUrl"),
    };
    expect(await runCli(["cancel", newTaskId()], { environment: here })).toMatchObject({
      exitCode: 0,
    });
    const excepted = { ...environment, NO_PROXY: "other.test,corp.test" };
    const { stderr } = await runCli(["cancel", newTaskId()], { environment: excepted });
    expect(stderr).toContain("ENOTFOUND");
    expect(network.asked).toEqual([]);
  });

  it("of another kind is ignored, and that is said", async () => {
    const environment = {
      EDGE_CANCELER_URL: inject("serviceUrl"),
      HTTPS_PROXY: "socks5://me:secret@127.0.0.1:9",
    };
    const { exitCode, stderr } = await runCli(["cancel", newTaskId()], { environment });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("HTTPS_PROXY is ignored: it is not like http://HOST:PORT\n");
    expect(stderr).not.toContain("secret");
  });
});

it("a program of your own goes through it as the client's README shows", async () => {
  await using network = await closedNetwork(inject("serviceUrl"));
  const recipe = block("worker-client/README.md", "new EnvHttpProxyAgent");
  const task = newTaskId();
  await direct.start(task);
  const program = `import { TaskClient } from "edge-canceler";
const url = process.env.EDGE_CANCELER_URL;
${recipe.replace('"undici"', '"undici-7"')}
setInterval(() => {}, 1000);
const { signal } = tasks.watch("${task}");
signal.addEventListener("abort", () => {
  console.log(String(signal.reason));
  process.exit();
});`;
  const child = spawn(
    machineNode()?.path ?? process.execPath,
    ["--input-type=module", "-e", program],
    {
      cwd: projectFolder,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...network.environment },
    },
  );
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await untilWatched(direct, task);
  await direct.cancel(task);
  expect(await text(child.stdout)).toContain(`task ${task} was cancelled`);
  expect(network.webSockets).toBe(1);
});
