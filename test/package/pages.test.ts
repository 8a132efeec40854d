import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { parse } from "smol-toml";
import { afterAll, describe, expect, inject, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { untilWatched, WatchedCli, withoutSlowStart } from "../cli/harness.ts";
import { machineNode } from "../client/runtimes.ts";
import { sourceFiles } from "../layout/sources.ts";
import { block, readPage } from "./pages.ts";
import { Reader } from "./reader.ts";

const reader = await Reader.withPackage();
afterAll(() => reader.leave());
const { tasks } = reader;
const url = inject("serviceUrl");
const newId = (name: string) => `${name}-${crypto.randomUUID()}`;

/** What was printed, without the times of this run or of the page's example. */
function timeless(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/\+[\d.]+m?s/g, "+TIME")
    .replaceAll(/in [\d.]+ s/g, "in TIME");
}

/** The code words in the first column of a page's tables, under a heading. */
function firstColumn(page: string, heading: string): readonly string[] {
  const [, after = ""] = readPage(page).split(`\n## ${heading}\n`);
  const [section = ""] = after.split("\n## ");
  return Array.from(section.matchAll(/^\| (`.*?) \|/gm), ([, cell = ""]) => cell).flatMap((cell) =>
    Array.from(cell.matchAll(/`([^`]+)`/g), ([, word = ""]) => word),
  );
}

describe("the README", () => {
  const wrap = block("README.md", "exec job-1");
  const cancel = block("README.md", "cancel job-1");
  const receipt = block("README.md", "job-1  cancelled");
  const reason = block("README.md", "SIGKILL in 28 s");
  const client = block("README.md", "new TaskClient");

  it("cancels a command, and prints what it says", async () => {
    const id = newId("job");
    const adapt = (code: string) => reader.adapt(code, { "job-1": id, "npm run build": ":" });
    await using first = reader.shell(adapt(wrap));
    await reader.seesRunning(id);
    await using second = reader.shell(adapt(cancel));
    expect(await second.exitCode()).toBe(0);
    expect(timeless(second.stdout)).toBe(timeless(adapt(receipt)));
    expect(await first.exitCode()).toBe(143);
    expect(timeless(withoutSlowStart(first.stderr))).toBe(timeless(reason));
    await using again = reader.shell(adapt(wrap));
    expect(await again.exitCode()).toBe(143);
    expect(again.stderr).toContain("not started");
  });

  it("has a client that is cancelled", async () => {
    const id = newId("job");
    const file = join(reader.project, "client.mjs");
    await writeFile(file, reader.adapt(client, { "job-2": id }));
    await using cli = new WatchedCli([process.execPath, file]);
    await reader.seesRunning(id);
    await tasks.cancel(id, { reason: "wrong data", waitSeconds: 20 });
    expect(await cli.exitCode()).toBe(1);
    expect(cli.stderr).toContain("was cancelled (request): wrong data");
  });
});

describe("the page to get started", () => {
  const worker = block("docs/get-started.md", "TaskCancelledError");
  const canceller = block("docs/get-started.md", "tasks.cancel(");
  const tokens = block("docs/get-started.md", "npm run -s token");
  const install = block("docs/get-started.md", "npm pack");
  const machine = machineNode();

  it.each([
    ["Node", process.execPath] as const,
    ...(machine ? [["the machine's own Node", machine.path] as const] : []),
  ])("has a worker and a canceller that run as typed, on %s", async (_, node) => {
    const id = newId("job");
    const names = { "job-2": id };
    await writeFile(join(reader.project, "worker.mjs"), reader.adapt(worker, names));
    await writeFile(join(reader.project, "cancel.mjs"), reader.adapt(canceller, names));
    await using work = new WatchedCli([node, join(reader.project, "worker.mjs")]);
    await work.says("step 1");
    await using stop = new WatchedCli([node, join(reader.project, "cancel.mjs")]);
    expect([await stop.exitCode(), stop.stdout, stop.stderr]).toEqual([0, "cancelled\n", ""]);
    expect(await work.exitCode()).toBe(0);
    expect(work.stdout).toMatch(/^(step \d+\n)+stopped: wrong data\n$/);
  });

  it("installs the package in another project", async () => {
    const project = join(reader.project, "my-project");
    await mkdir(project);
    await writeFile(join(project, "package.json"), "{}");
    // It is built already, and other tests run what is built.
    const here = install
      .replace("npm pack", "npm pack --ignore-scripts")
      .replaceAll("../my-project", project)
      .replace("npm install", "npm install --offline");
    const env = { ...process.env, HOME: reader.project };
    const options = { cwd: projectFolder, encoding: "utf8", env } as const;
    const { status, stdout } = spawnSync("sh", ["-ec", here], options);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/\d\.\d\.\d\n$/)]);
  });

  it("makes tokens for a worker and for a canceller", () => {
    expect(claimsMadeBy(tokens)).toMatchObject([
      { sub: "gpu-7", scope: "work", tasks: ["training-7"] },
      { sub: "you", scope: "watch cancel", tasks: ["training-*"] },
    ]);
  });
});

/** The claims of the tokens that a block of shell prints, in the project's own folder. */
function claimsMadeBy(code: string) {
  const { stdout } = spawnSync("sh", ["-ec", code], {
    cwd: projectFolder,
    encoding: "utf8",
    env: { ...process.env, AUTH_SECRET: randomBytes(32).toString("base64") },
  });
  return stdout.trim().split("\n").map(decodeJwt);
}

describe("the page about HTTP", () => {
  const PAGE = "docs/http.md";
  const life = block("docs/http.md", "build-7/start");

  it("has a whole life in four requests", async () => {
    const id = newId("build");
    await using cli = reader.shell(`${reader.adapt(life, { "build-7": id })}\nwait`);
    expect(await cli.exitCode()).toBe(0);
    expect(cli.stdout).toMatch(/^id: \d+\ndata: \{.*"status":"cancelled"/m);
    const { status, cancellation } = (await tasks.get(id)) ?? {};
    expect([status, cancellation?.reason]).toEqual(["cancelled", "wrong data"]);
    expect(cancellation?.acknowledgedAt).not.toBeNull();
  });

  it("shows a task with the fields that one has", async () => {
    const id = newId("shown");
    await tasks.start(id);
    const task = await tasks.cancel(id);
    const example = block("docs/http.md", '"revision"');
    const { cancellation, ...shown }: typeof task = JSON.parse(example);
    expect(Object.keys({ ...shown, cancellation }).sort()).toEqual(Object.keys(task).sort());
    expect(Object.keys(cancellation ?? {})).toEqual(Object.keys(task.cancellation ?? {}));
  });

  it.each(firstColumn(PAGE, "Routes").filter((cell) => cell.includes(" ")))(
    "has %s, which is served",
    async (route) => {
      const id = newId("route");
      // A watch of a cancelled task does not wait.
      await tasks.cancel(id);
      const [method = "", path = ""] = route.split(" ");
      const response = await fetch(url + path.replace(/:\w+/, id), { method });
      expect(response.status).not.toBe(405);
      expect(await response.text()).not.toContain('problem:no-such-route","title"');
    },
  );

  it("names every kind of problem, and no other", () => {
    const protocol = readPage("worker-client/protocol-problems.ts");
    const [, union = ""] = /type ProblemKind =(.*?);/s.exec(protocol) ?? [];
    const kinds = Array.from(union.matchAll(/"([a-z-]+)"/g), ([, kind = ""]) => kind);
    const [, section = ""] = readPage(PAGE).split("\n## Errors\n");
    const rows = section.split("\n## ")[0]?.match(/^\| \d{3} .*$/gm) ?? [];
    const named = rows.flatMap((row) =>
      Array.from(row.matchAll(/`([a-z-]+)`/g), ([, kind = ""]) => kind),
    );
    expect(named.sort()).toEqual(kinds.sort());
  });
});

describe("the page about queues", () => {
  const PAGE = "docs/queues.md";
  const life = block("docs/queues.md", "train-1");
  const example = block("docs/queues.md", '"maxRunning"');

  it("has four requests that do what it says, and shows a queue with its fields", async () => {
    const suffix = crypto.randomUUID();
    const [queue, second] = [`gpu-${suffix}`, `train-2-${suffix}`];
    const names = { "queues/gpu": `queues/${queue}`, "train-1": `train-1-${suffix}` };
    await using cli = reader.shell(reader.adapt(life, { ...names, "train-2": second }));
    expect(await cli.exitCode()).toBe(0);
    expect(cli.stdout).toContain('"input":{"epochs":3}');
    expect(await tasks.get(second)).toMatchObject({ status: "succeeded", attempt: 1 });
    const state = await (await fetch(`${url}/v1/queues/${queue}`)).json();
    expect(Object.keys(JSON.parse(example))).toEqual(Object.keys(Object(state)));
    expect(firstColumn(PAGE, "Look at a queue, and change it").toSorted()).toEqual(
      Object.keys(Object(state))
        .filter((name) => name !== "queue")
        .toSorted(),
    );
  });
});

/** What the command prints for help. */
function helpOf(...args: readonly string[]): string {
  const main = join(projectFolder, "worker-client/cli/main.ts");
  return spawnSync(process.execPath, [main, ...args, "--help"], { encoding: "utf8" }).stdout;
}

describe("the page about the command", () => {
  const PAGE = "docs/command.md";

  it("has every command, and no other", () => {
    const [, list = ""] = helpOf().split("Commands:\n");
    const [commands = ""] = list.split("\n\n");
    const names = Array.from(commands.matchAll(/^ {2}(\w+) /gm), ([, name = ""]) => name);
    const [table = ""] = readPage(PAGE).split("\n## ");
    const named = Array.from(table.matchAll(/^\| (`.*?) \|/gm), ([, cell = ""]) => cell);
    expect(named.join(", ").replaceAll("`", "").split(", ").sort()).toEqual(names.sort());
  });

  it("has every outcome of a cancel, and no other", () => {
    const [, list = ""] = helpOf("cancel").split('"outcome":\n');
    const [outcomes = ""] = list.split("\n\n");
    const names = Array.from(outcomes.matchAll(/^ {2}([\w-]+) /gm), ([, name = ""]) => name);
    expect([...firstColumn(PAGE, "Cancel and wait")].sort()).toEqual(names.sort());
  });

  it("shows receipts as they are printed", async () => {
    const ids = [newId("page"), newId("page")];
    const [acknowledged = "", unacknowledged = ""] = ids;
    for (const id of ids) await tasks.start(id);
    const polls = ids.map((id) => fetch(`${url}/v1/tasks/${id}?wait=20`));
    for (const id of ids) await untilWatched(tasks, id);
    await using cli = reader.shell(
      `edge-canceler cancel ${ids.join(" ")} --reason "wrong data" --wait; echo $?`,
    );
    for (const poll of polls) await poll;
    await tasks.finish(acknowledged, { attempt: 1, status: "cancelled" });
    // The other worker's time is over once the first has said that it stopped.
    await tasks.cancel(unacknowledged, { gracePeriodSeconds: 0 });
    await cli.exitCode();
    const shown = block("docs/command.md", "never acknowledged");
    const names = { "job-1": acknowledged, "job-2": unacknowledged, " by ci": "" };
    expect(timeless(cli.stdout)).toBe(`${timeless(reader.adapt(shown, names))}3\n`);
  });
});

describe("the page about exec", () => {
  it("has every option of exec, and no other", () => {
    const [help = ""] = helpOf("exec").split("\nExamples:");
    const options = Array.from(help.matchAll(/^ {2}(--[a-z-]+)/gm), ([, option = ""]) => option);
    const named = firstColumn("docs/exec.md", "Options").map((cell) => cell.split(" ")[0]);
    expect(named.sort()).toEqual(options.sort());
  });
});

describe("the page about settings", () => {
  it("has every variable of the service, and no other", () => {
    const env = readPage("src/env.ts").matchAll(/readonly ([A-Z_]+)\??: string/g);
    const names = Array.from(env, ([, name = ""]) => name);
    expect([...firstColumn("docs/operating.md", "Settings")].sort()).toEqual(names.sort());
  });

  it("lists every event that the service logs for a failure", () => {
    const sources = sourceFiles("src").map((file) => readPage(file));
    const events = sources.flatMap((code) =>
      Array.from(code.matchAll(/logLine\("([a-z_]+)"/g), ([, event = ""]) => event),
    );
    const failures = new Set(events.filter((event) => event !== "request"));
    expect([...firstColumn("docs/operating.md", "Logs")].sort()).toEqual([...failures].sort());
  });

  it("has TOML that can be read", () => {
    const limit = block("docs/operating.md", "ratelimits");
    expect(parse(limit)).toMatchObject({ ratelimits: [{ name: "RATE_LIMITER" }] });
  });
});

describe("the page about tokens", () => {
  it("says for how long a token is accepted after it has expired", () => {
    const [, seconds] =
      /CLOCK_TOLERANCE_SECONDS = (\d+);/.exec(readPage("src/auth/secret-keys.ts")) ?? [];
    const row = /^\| `exp` .*$/m.exec(readPage("docs/tokens.md"))?.[0];
    expect(row).toContain(`accepted for ${seconds} s more`);
  });

  it("makes tokens", () => {
    const make = block("docs/tokens.md", "npm run -s token");
    expect(claimsMadeBy(make)).toMatchObject([
      { sub: "gpu-7", scope: "work", tasks: ["training-7"] },
      { sub: "ci", scope: "work cancel", tasks: ["build-*", "test-*"] },
      { sub: "box-1", scope: "work", tasks: [], queues: ["gpu"] },
    ]);
  });

  it("names an issuer in a way that the service understands", async () => {
    const toml = block("docs/tokens.md", "AUTH_ISSUER");
    const vars = Object.fromEntries(
      Object.entries(parse(toml)).map(([name, value]) => [name, String(value)]),
    );
    const dataFolder = join(reader.project, "state");
    await mkdir(dataFolder);
    const service = await serveBundle({ bundle: inject("bundle"), dataFolder, port: 0, vars });
    const { status } = await fetch(`${service.url}/v1/tasks/job-1`);
    await service.stop();
    // Settings that it does not understand keep it closed, with 503.
    expect(status).toBe(401);
  });
});
