import { spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { eventually, until } from "../../scripts/until.ts";
import type { TaskState } from "../../worker-client/index.ts";
import { untilWatched, withoutSlowStart } from "../cli/harness.ts";
import { isAlive } from "../scripts/processes.ts";
import { block } from "./pages.ts";
import { Reader } from "./reader.ts";

const url = inject("serviceUrl");
const reader = await Reader.withPackage();
afterAll(() => reader.leave());
const { tasks, project } = reader;
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const newId = (name: string) => `${name}-${crypto.randomUUID()}`;

/** Runs a block of shell to its end, with other names in place of the page's. */
async function run(code: string, names: Readonly<Record<string, string>> = {}) {
  await using cli = reader.shell(reader.adapt(code, names));
  const exitCode = await cli.exitCode();
  return { exitCode, stdout: cli.stdout, stderr: withoutSlowStart(cli.stderr) };
}

async function ask(path: string, headers: Readonly<Record<string, string>> = {}) {
  return fetch(url + path, { headers });
}

/** A program in the reader's project. */
async function program(name: string, code: string): Promise<void> {
  const path = join(project, "bin", name);
  await mkdir(join(project, "bin"), { recursive: true });
  await writeFile(path, code);
  await chmod(path, 0o755);
}

/** Runs a task until it is cancelled. */
async function running(id: string): Promise<void> {
  const work = ({ signal }: { readonly signal: AbortSignal }) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  tasks.run(id, work).catch(() => {});
  await untilWatched(tasks, id);
}

describe("the page about the command", () => {
  const work = block("docs/command.md", "edge-canceler work gpu");
  const bulk = block("docs/command.md", "cancel --prefix sweep-7-");

  it.runIf(hasPython)("submits a task to a queue, and works on it", async () => {
    await writeFile(join(project, "train.py"), "print(input())");
    const id = newId("job");
    // The shell becomes the worker, so that it ends with the test.
    const names = {
      "job-3": id,
      " gpu ": ` ${newId("gpu")} `,
      "npx edge-canceler work": "exec edge-canceler work",
    };
    await using cli = reader.shell(reader.adapt(work, names));
    const task = await eventually(
      () => tasks.get(id),
      (state) => state?.endedAt != null,
    );
    expect(task).toMatchObject({ status: "succeeded", queue: expect.stringMatching(/^gpu-/) });
    expect(cli.stdout).toContain('{"epochs":90}\n');
  });

  it("counts the tasks with a prefix, and then cancels them", async () => {
    const prefix = newId("sweep-");
    const ids = [`${prefix}-1`, `${prefix}-2`];
    for (const id of ids) await running(id);
    await until("the list has both", async () => {
      const { tasks: listed } = Object(
        await (await ask(`/v1/tasks?prefix=${prefix}&status=running`)).json(),
      );
      return listed.length === 2;
    });
    // Without a terminal it does not ask.
    const names = { "sweep-7-": prefix, "--reason": "--yes --reason" };
    const { exitCode, stdout } = await run(bulk, names);
    expect([exitCode, stdout.split("\n")[0]]).toEqual([0, "2 tasks would be cancelled"]);
    for (const id of ids) {
      expect(await tasks.get(id)).toMatchObject({
        status: "cancelled",
        cancellation: { reason: "wrong data" },
      });
    }
  });
});

describe("the page about the directory", () => {
  const list = block("docs/directory.md", "status=running");
  const bulk = block("docs/directory.md", "v1/cancellations");
  const history = block("docs/directory.md", '"entries"');
  const counts = block("docs/directory.md", "# HELP");

  it("lists tasks", async () => {
    const { exitCode, stdout } = await run(list);
    expect(exitCode).toBe(0);
    expect(Object.keys(JSON.parse(stdout)).sort()).toEqual(["asOf", "cursor", "tasks"]);
  });

  it("cancels many", async () => {
    const prefix = newId("sweep-");
    const id = `${prefix}-1`;
    await tasks.declare(id);
    await until("it is listed", async () => {
      const { tasks: listed } = Object(await (await ask(`/v1/tasks?prefix=${prefix}`)).json());
      return listed.length === 1;
    });
    const { exitCode, stdout } = await run(bulk, { "sweep-7-": prefix });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "running", isMatched: false, requested: 0 });
    await until("it is cancelled", async () => (await tasks.get(id))?.status === "cancelled");
  });

  it("shows a history with the entries that one has", async () => {
    const id = newId("history");
    await tasks.declare(id);
    const { attempt } = await tasks.start(id, { holder: "gpu-7" });
    const poll = ask(`/v1/tasks/${id}?wait=20&attempt=1&holder=gpu-7`);
    await untilWatched(tasks, id);
    await tasks.cancel(id, { reason: "wrong data" });
    await poll;
    await tasks.finish(id, { attempt, holder: "gpu-7", status: "cancelled" });
    const shapes = (text: string) =>
      Object(JSON.parse(text)).entries.map((entry: object) => [
        Object(entry).type,
        Object.keys(entry).sort(),
      ]);
    expect(shapes(await (await ask(`/v1/tasks/${id}/history`)).text())).toEqual(shapes(history));
  });

  it("shows counts in the format that they have", async () => {
    await tasks.enqueue(newId("gpu"), [{ id: newId("counted") }]);
    const text = await eventually(
      async () => (await ask("/v1/stats", { Accept: "text/plain" })).text(),
      (answer) => /queue="gpu-/.test(answer),
    );
    const [help = "", type = "", sample = ""] = counts.trim().split("\n");
    expect(text).toContain(`${help}\n${type}\n`);
    const pattern = sample
      .replace("running", "\\w+")
      .replace("gpu", "gpu-[\\w-]+")
      .replace(/[{}]/g, "\\$&");
    expect(text).toMatch(new RegExp(pattern.replace(/\d+$/, "\\d+"), "m"));
  });
});

describe("the page about trees", () => {
  const three = block("docs/trees.md", "scan-1");
  const newest = block("docs/trees.md", "supersede");
  const receipt = block("docs/trees.md", '"unconfirmed"');

  it("cancels two children with their parent", async () => {
    const [parent, ...children] = ["upload-1", "resize-1", "scan-1"].map(newId);
    const names = {
      "upload-1": parent ?? "",
      "resize-1": children[0] ?? "",
      "scan-1": children[1] ?? "",
    };
    const { exitCode, stdout } = await run(three, names);
    expect(exitCode).toBe(0);
    for (const id of children) {
      expect(await tasks.get(id)).toMatchObject({
        status: "cancelled",
        cancellation: { cause: "parent", reason: `cancelled with ${parent}: wrong file` },
      });
    }
    expect(stdout).toContain('"status":"cancelled"');
    const { descendants } = (await tasks.get(parent ?? "")) ?? {};
    expect(Object.keys(descendants ?? {}).sort()).toEqual(Object.keys(JSON.parse(receipt)).sort());
  });

  it("has only the newest deploy run", async () => {
    const [group, first, second] = ["deploys", "deploy-8", "deploy-9"].map(newId);
    for (const id of [first, second]) {
      const names = { "deploys-of-main": group ?? "", "deploy-9": id ?? "" };
      expect((await run(newest, names)).exitCode).toBe(0);
    }
    await until(
      "the first is cancelled",
      async () => (await tasks.get(first ?? ""))?.status === "cancelled",
    );
    expect((await tasks.get(first ?? ""))?.cancellation?.cause).toBe("superseded");
    expect((await tasks.get(second ?? ""))?.status).toBe("pending");
  });
});

describe("the page about webhooks", () => {
  it("makes a task for a job that runs elsewhere", async () => {
    const id = newId("train");
    expect(
      (await run(block("docs/webhooks.md", "declare train-7"), { "train-7": id })).exitCode,
    ).toBe(0);
    expect(await tasks.get(id)).toMatchObject({
      status: "running",
      metadata: { job: "resnet-50-2026-01-31" },
    });
  });
});

describe("the page about exec", () => {
  const wrapped = block("docs/exec.md", "exec job-1");
  const leased = block("docs/exec.md", "--lease 60s");
  const training = block("docs/exec.md", "EDGE_CANCELER_PROGRESS_FILE");
  const elsewhere = block("docs/exec.md", "docker run");
  const daemon = block("docs/exec.md", "setsid build-server");

  it.runIf(hasPython)("trains, with a lease and without", async () => {
    await writeFile(join(project, "train.py"), training);
    const [first, second] = [newId("job"), newId("train")];
    expect(await run(wrapped, { "job-1": first })).toMatchObject({ exitCode: 0, stderr: "" });
    const { startedAt, deadlineAt, progress }: Partial<TaskState> = (await tasks.get(first)) ?? {};
    expect(Date.parse(deadlineAt ?? "") - Date.parse(startedAt ?? "")).toBe(7_200_000);
    expect(progress).toEqual({ epoch: 90 });
    expect(await run(leased, { "train-7": second })).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await tasks.get(second)).toMatchObject({ maxAttempts: 3, progress: { epoch: 90 } });
  });

  it("stops work that is elsewhere", async () => {
    const calls = join(project, "calls");
    // Each lasts until its stop command ends it.
    for (const name of ["docker", "kubectl", "ssh", "sbatch", "scancel"]) {
      await program(
        name,
        `#!/bin/sh
echo "${name} $*" >>${calls}
case "${name} $*" in
  docker\\ stop*|kubectl\\ delete*|ssh*pkill*|scancel*) kill "$EDGE_CANCELER_PID" ;;
  kubectl\\ create*) ;;
  *) exec sleep 60 ;;
esac
`,
      );
    }
    const ids: string[] = [];
    const work = ["docker run", "kubectl wait", "ssh gpu-1 setsid", "sbatch"];
    for (const [index, command] of elsewhere.trim().split("\n\n").entries()) {
      const [, name = ""] = /exec (train-\d+)/.exec(command) ?? [];
      const id = newId(name);
      ids.push(id);
      const path = `PATH=${join(project, "bin")}${delimiter}$PATH\n`;
      await using cli = reader.shell(path + reader.adapt(command, { [name]: id }));
      await reader.seesRunning(id);
      await until("the work runs", async () =>
        (await readFile(calls, "utf8").catch(() => "")).includes(work[index] ?? "nothing"),
      );
      await tasks.cancel(id);
      expect([name, await cli.exitCode()]).toEqual([name, 143]);
      expect((await tasks.get(id))?.cancellation?.acknowledgedAt).not.toBeNull();
    }
    const [docker, kubernetes, ssh, slurm] = ids;
    expect((await readFile(calls, "utf8")).trim().split("\n")).toEqual([
      `docker run --rm --name ${docker}-1 trainer`,
      `docker stop --time 50 ${docker}-1`,
      `kubectl create job ${kubernetes} --image=trainer`,
      `kubectl wait --for=condition=complete --timeout=-1s job/${kubernetes}`,
      `kubectl delete job ${kubernetes} --wait --timeout=100s`,
      `ssh gpu-1 setsid -w sh -c "echo \\$\\$ >/tmp/${ssh}.pid; exec python3 train.py"`,
      `ssh gpu-1 pkill --session $(cat /tmp/${ssh}.pid)`,
      `sbatch --wait --job-name ${slurm} train.sbatch`,
      `scancel --name ${slurm}`,
    ]);
  });

  it.runIf(process.platform === "linux")("leaves a daemon alone", async () => {
    const file = join(project, "daemon.pid");
    await program("build-server", `#!/bin/sh\necho $$ >${file}\nexec sleep 60\n`);
    await writeFile(join(project, "build.sh"), `${daemon}exec sleep 60\n`);
    const id = newId("build");
    await using cli = reader.shell(
      `PATH=${join(project, "bin")}${delimiter}$PATH; exec edge-canceler exec ${id} -- sh build.sh`,
    );
    const pid = await eventually(
      async () => Number(await readFile(file, "utf8").catch(() => 0)),
      (number) => number > 0,
    );
    try {
      await untilWatched(tasks, id);
      await tasks.cancel(id);
      expect(await cli.exitCode()).toBe(143);
      expect(isAlive(pid)).toBe(true);
    } finally {
      process.kill(pid, "SIGKILL");
    }
  });
});
