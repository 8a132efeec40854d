import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseYaml } from "@redocly/openapi-core";
import { afterAll, describe, expect, inject, it } from "vitest";
import { bundleWorker } from "../../scripts/bundle-worker.ts";
import { projectFolder } from "../../scripts/folders.ts";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { until } from "../../scripts/until.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { CLI_RUNTIMES, untilWatched, WatchedCli } from "../cli/harness.ts";
import { readPage } from "./pages.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const examples = join(projectFolder, "examples");
const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-examples-"));
afterAll(() => folder.remove());
const newId = (name: string) => `${name}-${crypto.randomUUID()}`;

const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** A folder with the command in it, and with programs that the examples call. */
async function binFolder(): Promise<string> {
  const bin = join(folder.path, "bin");
  await mkdir(bin, { recursive: true });
  const command = `#!/bin/sh\nexec ${CLI_RUNTIMES.node.join(" ")} "$@"\n`;
  await writeFile(join(bin, "edge-canceler"), command, { mode: 0o755 });
  return bin;
}

describe("the examples", () => {
  it("are all listed", async () => {
    const folders = await readdir(examples, { withFileTypes: true });
    const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const rows = readPage("examples/README.md").matchAll(/^\| \[([\w-]+)\]/gm);
    expect(Array.from(rows, ([, name]) => name).sort()).toEqual(names.sort());
  });

  it.runIf(hasPython)(
    "have a training job that saves a checkpoint and goes on from it",
    async () => {
      const train = (id: string, epochs: string) =>
        new WatchedCli([
          "env",
          ...[`EDGE_CANCELER_URL=${url}`, `TASK_ID=${id}`, `EPOCHS=${epochs}`],
          ...[`CHECKPOINT=${join(folder.path, "checkpoint.json")}`, "PYTHONDONTWRITEBYTECODE=1"],
          ...["python3", join(examples, "python-training/train.py")],
        ]);
      const id = newId("train");
      await using first = train(id, "6000");
      await first.says("epoch 1\n");
      await untilWatched(tasks, id);
      const cancelled = await tasks.cancel(id, { waitSeconds: 20 });
      expect([cancelled.status, await first.exitCode()]).toEqual(["cancelled", 143]);
      expect(cancelled.cancellation?.acknowledgedAt).not.toBeNull();
      const { epoch }: { epoch: number } = JSON.parse(
        await readFile(join(folder.path, "checkpoint.json"), "utf8"),
      );
      const next = newId("train");
      await using second = train(next, String(epoch + 2));
      expect([await second.exitCode(), second.stdout]).toEqual([
        0,
        `epoch ${epoch}\nepoch ${epoch + 1}\n`,
      ]);
      expect((await tasks.get(next))?.result).toEqual({ epochs: epoch + 2 });
    },
  );

  it("have a container of files that are there, and not of root", async () => {
    const file = await readFile(join(examples, "python-training/Dockerfile"), "utf8");
    const [, copied = ""] = /^COPY (.*) \.\/$/m.exec(file) ?? [];
    const files = await readdir(join(examples, "python-training"));
    expect(files).toEqual(expect.arrayContaining(copied.split(" ")));
    expect(file).toMatch(/^USER (?!root)/m);
  });

  it("have a Kubernetes Job whose command runs", async () => {
    const job = parseYaml(await readFile(join(examples, "kubernetes/job.yaml"), "utf8"));
    expect(job).toMatchObject({ apiVersion: "batch/v1", kind: "Job" });
    const { containers, volumes } = Object(job).spec.template.spec;
    const [{ command, volumeMounts }] = containers;
    expect(volumeMounts[0].name).toBe(volumes[0].name);
    const token = join(folder.path, "token");
    await writeFile(token, "token", { mode: 0o600 });
    const id = newId("train");
    const args = command
      .slice(0, command.indexOf("--"))
      .map((arg: string) =>
        arg.replace("/var/run/edge-canceler/token", token).replace(/^train-7$/, id),
      );
    await using cli = new WatchedCli([
      "env",
      ...[`EDGE_CANCELER_URL=${url}`, `PATH=${await binFolder()}:${process.env["PATH"]}`],
      ...[...args, "--", "true"],
    ]);
    expect([await cli.exitCode(), (await tasks.get(id))?.status]).toEqual([0, "succeeded"]);
  });

  it("have a workflow whose deploy is a task", async () => {
    const text = await readFile(join(examples, "github-actions/deploy.yml"), "utf8");
    const { permissions, jobs } = Object(parseYaml(text));
    expect(permissions).toEqual({ contents: "read", "id-token": "write" });
    const step = jobs.deploy.steps.at(-1);
    const id = newId("deploy");
    const deploy = join(folder.path, "deploy.sh");
    await writeFile(deploy, "#!/bin/sh\necho deployed\n");
    await chmod(deploy, 0o755);
    const variables = [`EDGE_CANCELER_URL=${url}`, `TASK=${id}`, "TOKEN_COMMAND=echo token"];
    await using cli = new WatchedCli([
      "env",
      ...[`PATH=${await binFolder()}:${process.env["PATH"]}`, ...variables],
      ...["sh", "-c", `cd ${folder.path}; ${step.run}`],
    ]);
    expect([await cli.exitCode(), cli.stdout]).toEqual([0, "deployed\n"]);
    expect((await tasks.get(id))?.status).toBe("succeeded");
    // What the step reads is what the service sends such a job.
    expect(step.env.TOKEN_COMMAND).toContain("ACTIONS_ID_TOKEN_REQUEST_URL");
  });

  it("have workers that take tasks from a queue, and end when they are told to", async () => {
    const queue = newId("render");
    const ids = [newId("a"), newId("b"), newId("c")];
    await tasks.enqueue(
      queue,
      ids.map((id) => ({ id, input: { frames: 2 } })),
    );
    await using worker = new WatchedCli([
      "env",
      ...[`EDGE_CANCELER_URL=${url}`, `QUEUE=${queue}`],
      ...[process.execPath, join(examples, "node-workers/worker.js")],
    ]);
    for (const id of ids) {
      await until(`${id} succeeds`, async () => (await tasks.get(id))?.status === "succeeded");
    }
    worker.kill("SIGTERM");
    expect(await worker.exitCode()).toBe(0);
    expect(worker.stdout.trim().split("\n").sort()).toEqual(
      ids.map((id) => `${id}: 2 frames`).sort(),
    );
  });

  it("have a Worker that cancels a task for somebody who signed in", async () => {
    const config = join(examples, "cancel-button/wrangler.toml");
    const dataFolder = join(folder.path, "button");
    await mkdir(dataFolder);
    const bundle = await bundleWorker({ folder: join(folder.path, "bundle"), config });
    const vars = { EDGE_CANCELER_URL: url };
    const button = await serveBundle({ bundle, config, dataFolder, port: 0, vars });
    const id = newId("job");
    const body = JSON.stringify({ id, reason: "wrong data" });
    const press = (headers: Record<string, string>) =>
      fetch(button.url, { method: "POST", headers, body });
    expect((await press({})).status).toBe(401);
    expect(await tasks.get(id)).toBeNull();
    const answer = await press({ "Cf-Access-Authenticated-User-Email": "ann@example.com" });
    expect(await answer.json()).toEqual({ status: "cancelled", acknowledged: false });
    expect((await tasks.get(id))?.cancellation?.reason).toBe("ann@example.com: wrong data");
    await button.stop();
  });
});
