import { describe, expect, inject, it } from "vitest";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { CLI_RUNTIMES, newTaskId, runCli, WatchedCli } from "./harness.ts";

const url = inject("serviceUrl");

describe("edge-canceler", () => {
  it.each([
    [["--help"], "Cancel a running task"],
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
    [[], "edge-canceler: say what to do: "],
    [["statsu"], 'edge-canceler: there is no command "statsu": did you mean status? '],
    [["--url", url, "status"], "edge-canceler: name a command before --url: options come after it"],
    [["status", "--url", url, ".."], 'and neither "." nor ".." (edge-canceler status --help)'],
    [["cancel", "x", "--url", url, "--grace", "99999d"], "edge-canceler cancel: refused (400): "],
    [["frobnicate"], 'edge-canceler: there is no command "frobnicate": there are '],
    [["status"], "edge-canceler status: name a task: "],
    [["status", "x"], "edge-canceler status: no service is named: give --url "],
    [
      ["status", "--ulr", "x"],
      "edge-canceler status: there is no option --ulr: did you mean --url? ",
    ],
    [
      ["status", "--url", "cancel.example.com", "x"],
      'edge-canceler status: "cancel.example.com" is no',
    ],
    [["status", "--url", url, "a/b"], 'edge-canceler status: "a/b" is not a valid task id: '],
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

  it("says where it does not find the service, in the place of which something else answers", async () => {
    const { exitCode, stderr } = await runCli(["status", "1234", "--url", `${url}/api`]);
    expect(exitCode).toBe(77);
    expect(stderr).toMatch(
      /tasks\/1234" is not served: .*: is the address right\? It ends before \/v1\n$/,
    );
  });

  it("says why it waits when the service is down, and goes on when it is back", async () => {
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

  it("names what the service refuses", async () => {
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
        "edge-canceler status: refused (401): refused with HTTP status 401: give another token by EDGE_CANCELER_TOKEN or --token-file\n",
    });
  });
});

describe.each(Object.keys(CLI_RUNTIMES))("edge-canceler status under %s", (name) => {
  const runtime = name === "deno" || name === "bun" ? name : "node";

  it("shows each task in a line", async () => {
    const id = `status-${crypto.randomUUID()}`;
    await new TaskClient({ url }).cancel(id, { reason: "wrong\u001b[31m\ndata" });
    const asked = await runCli(["status", id, `${id}-unknown`, "--url", url], { runtime });
    expect(asked).toEqual({
      exitCode: 1,
      stdout: expect.stringMatching(
        `^${id}  cancelled  ended \\S+  cancelled: wrong \\[31m data\n${id}-unknown  unknown\n$`,
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
