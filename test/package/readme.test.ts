import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { WatchedCli } from "../cli/harness.ts";
import { portOf } from "../client/harness.ts";
import { block } from "./pages.ts";
import { Reader } from "./reader.ts";

const reader = await Reader.withPackage();
const { tasks, project } = reader;
const client = block("worker-client/README.md", 'TaskClient } from "edge-canceler"');
const wrap = block("worker-client/README.md", "exec job-1");
const cancel = block("worker-client/README.md", "cancel job-1");
const training = block("worker-client/README.md", "exec train-1");
const script = block("worker-client/README.md", "import signal");
const step = block("worker-client/README.md", "./build.sh");
const entryPoint = block("worker-client/README.md", "#!/bin/sh");
const recipes = [
  block("worker-client/README.md", 'run("job-2"'),
  block("worker-client/README.md", 'run("job-3"'),
  block("worker-client/README.md", 'run("job-4"'),
  block("worker-client/README.md", 'watch("job-5"'),
  block("worker-client/README.md", 'run("job-6"'),
  block("worker-client/README.md", 'run("job-7"'),
  block("worker-client/README.md", 'run("job-8"'),
  block("worker-client/README.md", 'work("gpu"'),
];
/** What the page about trees has besides, where it takes the rest for granted. */
const header = block("docs/trees.md", "currentTask");
const granted = `import type { TaskClient, TaskRun } from "edge-canceler";
declare const tasks: TaskClient, request: Request, id: string, work: (run: TaskRun) => void;
`;

/** A download that takes for ever. */
const slow = createServer((_, response) => response.write("data"));
beforeAll(async () => {
  slow.listen(0, "127.0.0.1");
  await once(slow, "listening");
});
afterAll(async () => {
  slow.close();
  slow.closeAllConnections();
  await reader.leave();
});

/** What the README says, with addresses and a task of this test's own. */
function here(code: string, names: Readonly<Record<string, string>>): string {
  return reader.adapt(code, {
    "https://example.com": `http://127.0.0.1:${portOf(slow)}`,
    ...names,
  });
}

describe("the package's README", () => {
  it("has TypeScript that is right, all of it together with its first block", async () => {
    const files = await Promise.all(
      recipes.map(async (recipe, index) => {
        await writeFile(join(project, `recipe-${index}.ts`), client + recipe);
        return `recipe-${index}.ts`;
      }),
    );
    await writeFile(join(project, "header.ts"), granted + header);
    files.push("header.ts");
    const compilerOptions = {
      ...{ module: "nodenext", target: "ES2022", lib: ["ES2022"], strict: true, noEmit: true },
      ...{ typeRoots: [join(projectFolder, "node_modules/@types")], types: ["node"] },
    };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const compiler = join(projectFolder, "node_modules/.bin/tsc");
    const { status, stdout } = spawnSync(compiler, ["-p", project], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, ""]);
  });

  it.each(
    recipes.flatMap((recipe) => {
      const [, name] = /run\("(.*?)"/.exec(recipe) ?? [];
      return name === undefined ? [] : [[name, recipe] as const];
    }),
  )("has a recipe for %s that a cancel stops", async (name, recipe) => {
    const id = `${name}-${crypto.randomUUID()}`;
    const file = join(project, `${name}.ts`);
    await writeFile(file, here(client + recipe, { [name]: id }));
    await using cli = new WatchedCli([process.execPath, file]);
    await reader.seesRunning(id);
    const { status } = await tasks.cancel(id, { reason: "wrong data", waitSeconds: 20 });
    expect([name, status]).toEqual([name, "cancelled"]);
    await cli.exitCode();
    expect(cli.stdout + cli.stderr).toMatch(
      /stopped: wrong data|was cancelled \(request\): wrong data/,
    );
  });

  it("wraps any command, and cancels it from another terminal", async () => {
    const id = `job-${crypto.randomUUID()}`;
    await using first = reader.shell(here(wrap, { "job-1": id }));
    await reader.seesRunning(id);
    await using second = reader.shell(here(cancel, { "job-1": id }));
    expect(await second.exitCode()).toBe(0);
    expect(second.stdout).toMatch(
      / cancelled {2}asked .* acknowledged \+.* ended \+.*wrong data\n$/,
    );
    expect(await first.exitCode()).toBe(143);
    expect(first.stderr).toContain("cancelled: wrong data");
  });

  it("has a training script that saves a checkpoint when it is told to stop", async () => {
    const id = `train-${crypto.randomUUID()}`;
    await writeFile(
      join(project, "train.py"),
      script.replace("range(600)", 'print("begun", flush=True) or range(600)'),
    );
    await using cli = reader.shell(here(training, { "train-1": id }));
    await cli.says("begun");
    await reader.seesRunning(id);
    await tasks.cancel(id, { waitSeconds: 20 });
    expect(await cli.exitCode()).toBe(143);
    expect(cli.stdout).toMatch(/^begun\ncheckpoint saved after epoch \d+\n$/);
  });

  it("has a step for CI that ends as the build does, or is not begun at all", async () => {
    const id = crypto.randomUUID();
    await writeFile(join(project, "build.sh"), "#!/bin/sh\necho built\nexit 3\n", { mode: 0o755 });
    await using built = reader.shell(`BUILD_ID=${id}\n${step}`);
    expect([await built.exitCode(), built.stdout]).toEqual([3, "built\n"]);
    await tasks.cancel(`build-${id}-2`);
    await using cancelled = reader.shell(`BUILD_ID=${id}-2\n${step}`);
    expect([await cancelled.exitCode(), cancelled.stdout]).toEqual([143, ""]);
  });

  it.runIf(spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0)(
    "has an entry point that is PID 1 and hands signals to the command",
    async () => {
      const id = crypto.randomUUID();
      const file = join(project, "entry-point.sh");
      await writeFile(file, entryPoint, { mode: 0o755 });
      const command =
        "trap 'echo told; exit 9' TERM; echo begun by $PPID; while :; do sleep 0.1; done";
      await using cli = reader.shell(
        `export RUN_ID=${id}; exec unshare --pid --fork --kill-child --mount-proc ${file} sh -c "$1"`,
        [command],
      );
      await cli.says("begun by 1\n");
      await reader.seesRunning(`train-${id}`);
      await tasks.cancel(`train-${id}`, { waitSeconds: 20 });
      expect([await cli.exitCode(), cli.stdout]).toEqual([9, "begun by 1\ntold\n"]);
    },
  );
});
