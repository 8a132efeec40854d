import { execFileSync, spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, describe, expect, inject, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { machineNode } from "../client/runtimes.ts";
import { installClient } from "./harness.ts";

const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-install-"));
afterAll(() => folder.remove());

const project = await installClient(folder.path);
const command = join(project, "node_modules/.bin/edge-canceler");
const bin = (name: string) => join(projectFolder, "node_modules/.bin", name);
const environment = { ...process.env, DENO_DIR: join(folder.path, "deno"), NO_COLOR: "1" };
const machine = machineNode();
cpSync(join(import.meta.dirname, "consumer.ts"), join(project, "consumer.ts"));

/** Runs a program in the project. Returns its exit code and output. */
function run(file: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: project,
    encoding: "utf8",
    env: environment,
  });
  return { status, said: `${stdout}${stderr}` };
}

describe("who installs the tarball", () => {
  it("gets the package alone", async () => {
    const installed = (await readdir(join(project, "node_modules"))).sort();
    expect(installed).toEqual([".bin", ".package-lock.json", "edge-canceler"]);
  });

  it.each([
    ["Node", [process.execPath, "consumer.js"]],
    ...(machine ? [["the machine's own Node", [machine.path, "consumer.js"]] as const] : []),
    ["Deno", [bin("deno"), "run", "-A", "--no-remote", "--no-lock", "consumer.js"]],
    ["Deno, which checks the types", [bin("deno"), "run", "-A", "--check", "consumer.ts"]],
    ["Bun", [bin("bun"), "--no-install", "consumer.ts"]],
  ] as const)("uses it from %s", (_, [file, ...args]) => {
    execFileSync(bin("esbuild"), ["consumer.ts", "--outfile=consumer.js"], {
      cwd: project,
      stdio: "pipe",
    });
    const id = `install-${crypto.randomUUID()}`;
    const { status, said } = run(file, ...args, inject("serviceUrl"), id);
    expect([status, said]).toEqual([0, expect.stringContaining("wrong data: request\n")]);
  });

  it.each([
    ["nodenext", "nodenext", ["ES2022", "DOM"]],
    ["esnext", "bundler", ["ES2022", "DOM"]],
    ["nodenext", "nodenext", ["ESNext", "DOM"]],
  ])(
    "has its types, also with none of Node's: module %s, resolved by %s, lib %j",
    async (module, moduleResolution, lib) => {
      const compilerOptions = {
        ...{ module, moduleResolution, lib, types: [] },
        ...{ target: "ES2022", strict: true, noEmit: true, skipLibCheck: false },
        ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      };
      const files = ["consumer.ts", "process.d.ts"];
      await writeFile(
        join(project, "process.d.ts"),
        "declare const process: { argv: readonly string[] };",
      );
      await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
      expect(run(bin("tsc"), "-p", ".")).toEqual({ status: 0, said: "" });
    },
  );

  it("is told by the types what is wrong", async () => {
    await writeFile(
      join(project, "wrong.ts"),
      'import { TaskClient } from "edge-canceler";\nnew TaskClient({ adress: "x" });\n',
    );
    const { status, said } = run(bin("tsc"), "--ignoreConfig", "--noEmit", "wrong.ts");
    expect([status, said]).toEqual([expect.any(Number), expect.stringContaining("adress")]);
    expect(status).not.toBe(0);
  });

  it("bundles the client without its command", async () => {
    const { metafile } = await build({
      stdin: {
        contents: 'import { TaskClient } from "edge-canceler"; console.log(TaskClient);',
        resolveDir: project,
      },
      bundle: true,
      format: "esm",
      metafile: true,
      write: false,
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.filter((input) => input.includes("edge-canceler/dist/")).length).toBeGreaterThan(
      5,
    );
    expect(inputs.filter((input) => input.includes("/dist/cli/"))).toEqual([]);
  });

  it.each([
    ["npx", ["npx", "--no-install", "edge-canceler"]],
    ["a shell", [command]],
    ...(machine ? [["the machine's own Node", [machine.path, command]] as const] : []),
    ["Deno", [bin("deno"), "run", "-A", "--no-lock", "npm:edge-canceler"]],
    ["bunx", [bin("bunx"), "--no-install", "edge-canceler"]],
  ] as const)("has the command, by %s", async (_, [file, ...args]) => {
    const manifest = await readFile(
      join(project, "node_modules/edge-canceler/package.json"),
      "utf8",
    );
    const { version }: { version: string } = JSON.parse(manifest);
    expect(run(file, ...args, "--version")).toEqual({ status: 0, said: `${version}\n` });
  });
});
