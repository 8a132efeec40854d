import { describe, expect, inject, it } from "vitest";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { CLI_RUNTIMES, newTaskId, runCli, WatchedCli } from "./harness.ts";

const url = inject("serviceUrl");

describe("edge-canceler", () => {
  it.each([
    [["--help"], "Try it, with a service"],
    [["help", "status"], "edge-canceler status TASK…"],
    [["status", "--help"], "EDGE_CANCELER_TOKEN"],
    [["status", "-h"], "Examples:"],
  ])("explains itself: %j", async (args, words) => {
    const { exitCode, stdout, stderr } = await runCli(args);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(words);
  });

  it.each([["--version"], ["status", "--version"]])("says its version: %s %s", async (...args) => {
    const { exitCode, stdout } = await runCli(args.filter(Boolean));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[], "edge-canceler: name a command: exec, "],
    [["statsu"], 'edge-canceler: there is no command "statsu": did you mean status? '],
    [["--url", url, "status"], "edge-canceler: name a command before --url: options come after it"],
    [["status", "--url", url, ".."], 'and is not "." or ".." (edge-canceler status --help)'],
    [["cancel", "x", "--url", url, "--grace", "99999d"], "edge-canceler cancel: refused (400): "],
    [["frobnicate"], 'edge-canceler: there is no command "frobnicate": the commands are '],
    [["status"], "edge-canceler status: name a task: "],
    [["status", "x"], "edge-canceler status: no service is named: give --url "],
    [
      ["status", "--ulr", "x"],
      "edge-canceler status: there is no option --ulr: did you mean --url? ",
    ],
    [["help", "cancle"], 'edge-canceler: there is no command "cancle": did you mean cancel?'],
    [
      ["status", "--url", "cancel.example.com", "x"],
      'edge-canceler status: "cancel.example.com" is not the address of a service: ',
    ],
    [
      ["status", "--url", "https://me:secret@cancel.example.com", "x"],
      "edge-canceler status: the service's address must not contain a user name or password: ",
    ],
    [["status", "--url", url, "a".repeat(129)], "is not a valid task id: "],
    [
      ["status", "--url", url, "--token-file", "/nowhere", "x"],
      "edge-canceler status: cannot read the token file /nowhere (ENOENT): ",
    ],
  ])("says in one line what is wrong, and what would be right: %j", async (args, words) => {
    const { exitCode, stdout, stderr } = await runCli(args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^[^\n]* --help\)\n$/);
    expect(stderr).toContain(words);
  });

  it("asks whether the address is right if something else answers there", async () => {
    const { exitCode, stderr } = await runCli(["status", "1234", "--url", `${url}/api`]);
    expect(exitCode).toBe(77);
    expect(stderr).toMatch(
      /tasks\/1234" is not served: .*: is the address right\? It ends before \/v1\n$/,
    );
  });

  it("says why it waits while the service is down, and goes on when it is back", async () => {
    const line = await FaultyLine.open(url);
    line.cut();
    const [file, main] = CLI_RUNTIMES.node;
    await using asked = new WatchedCli([file, main, "cancel", newTaskId(), "--url", line.url]);
    await asked.says("edge-canceler: cannot reach http://127.0.0.1:");
    expect(asked.stderr).toMatch(/^edge-canceler: cannot reach \S+ \([^\n]+\): trying again\n$/);
    line.restore();
    expect(await asked.exitCode()).toBe(0);
    expect(asked.stdout).toContain("  cancelled  asked ");
    line.close();
  });

  it("gives up after a few seconds if there is no service", async () => {
    const line = await FaultyLine.open(url);
    line.cut();
    const startedAtMs = performance.now();
    // A client tries for half a minute.
    const ids = [newTaskId(), newTaskId()];
    const { exitCode, stdout, stderr } = await runCli(["status", ...ids, "--url", line.url]);
    expect(performance.now() - startedAtMs).toBeLessThan(25_000);
    expect([exitCode, stdout]).toEqual([69, ""]);
    expect(stderr.replaceAll(/:\d+ \(\w+\)/g, "")).toBe(
      "edge-canceler: cannot reach http://127.0.0.1: trying again\n" +
        "edge-canceler status: cannot reach http://127.0.0.1: is the address right, and is the service up?\n",
    );
    line.close();
  });

  it("says what the service refuses", async () => {
    await using service = await fakeService();
    const asked = runCli(["status", "1234"], {
      environment: { EDGE_CANCELER_URL: service.url, EDGE_CANCELER_TOKEN: "s3cret\n" },
    });
    const exchange = await service.requests.next();
    expect(exchange.request.headers.authorization).toBe("Bearer s3cret");
    exchange.answer(401, "");
    expect(await asked).toEqual({
      exitCode: 77,
      stdout: "",
      stderr:
        "edge-canceler status: refused with HTTP status 401: give a valid token with EDGE_CANCELER_TOKEN or --token-file\n",
    });
  });
});

describe.each(Object.keys(CLI_RUNTIMES))("edge-canceler status under %s", (name) => {
  const runtime = name === "deno" || name === "bun" ? name : "node";

  it("shows a task in a line", async () => {
    const id = `status-${crypto.randomUUID()}`;
    await new TaskClient({ url }).cancel(id, { reason: "wrong\u001b[31m\ndata" });
    const asked = await runCli(["status", id, "--url", url], { runtime });
    expect(asked).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(
        `^${id}  cancelled  asked \\S+  never started  reason: wrong \\[31m data\n$`,
      ),
      stderr: "",
    });
  });

  it("or in JSON", async () => {
    const id = `status-${crypto.randomUUID()}`;
    const task = await new TaskClient({ url }).declare(id);
    const { exitCode, stdout } = await runCli(["status", "--json", id, "--url", url], { runtime });
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, task]);
  });
});
