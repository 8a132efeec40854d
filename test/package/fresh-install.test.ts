import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { machineNode } from "../client/runtimes.ts";
import { NpmStart } from "../scripts/harness.ts";
import { block } from "./pages.ts";

const MADE_HERE = ["node_modules", "dist", ".data", ".git", ".wrangler"];
const TIME_LIMIT_MS = 480_000;

/** The PATH of a user who has installed nothing yet. */
const path = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"));

it(
  "a fresh copy starts and has the command, without the dependencies of development",
  async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-fresh-"));
    const copy = join(folder.path, "edge-canceler");
    cpSync(projectFolder, copy, {
      recursive: true,
      filter: (file) => !MADE_HERE.includes(basename(file)),
    });
    const machine = machineNode();
    const vars = { PATH: [...(machine ? [dirname(machine.path)] : []), ...path].join(delimiter) };
    const shell = (command: string) =>
      execFileSync("sh", ["-ec", command], {
        cwd: copy,
        encoding: "utf8",
        env: { ...process.env, ...vars, npm_config_prefer_offline: "true" },
      });

    const [install, start] = block("README.md", "npm start").trim().split(" && ");
    expect([install, start]).toEqual(["npm ci --omit=dev", "npm start"]);
    shell(`${install}`);
    expect(shell("ls node_modules")).not.toMatch(/^(bun|deno|vitest|wrangler)$/m);
    await using service = new NpmStart(["--port", "0"], { folder: copy, vars });
    const url = await service.ready;
    const ping = await fetch(`${url}/ping`);
    expect(await ping.json()).toEqual({ message: "pong" });

    const [build = ""] = block("README.md", "npm run build").split("\n");
    expect(build).toBe("npm run build");
    shell(build);
    expect(shell(`npx --no-install edge-canceler cancel job-1 --url ${url}`)).toContain("job-1");
    for (const [run, refusal] of [
      ["deploy -- --dry-run", "wrangler is not installed"],
      ["demo", "the demo failed: deno is not installed"],
    ]) {
      expect(() => shell(`npm run -s ${run} 2>&1`)).toThrow(
        expect.objectContaining({ stdout: `${refusal}: run npm ci, without --omit=dev\n` }),
      );
    }
  },
  TIME_LIMIT_MS,
);
