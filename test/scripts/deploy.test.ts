import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { wranglerToml } from "../../scripts/bundle-worker.ts";
import { projectFolder } from "../../scripts/folders.ts";
import { argumentsRefusal, configRefusal } from "../../scripts/settings.ts";
import { namedConfigs } from "../../scripts/wrangler.ts";
import { npmRun } from "./harness.ts";

/** Nothing of these tests may leave the machine, whatever fails. */
const DRY = "--dry-run";

function newFolder() {
  return mkdtempDisposable(join(tmpdir(), "edge-canceler-deploy-"));
}

describe("npm run deploy", () => {
  it("bundles what wrangler.toml names, hands its arguments on, and needs no network", async () => {
    await using folder = await newFolder();
    const { code, stdout } = await npmRun("deploy", [DRY, "--outdir", folder.path]);
    expect(stdout).toContain("--dry-run: exiting now.");
    expect(code).toBe(0);
    expect(await readFile(join(folder.path, "index.js"), "utf8")).toContain("TaskObject");
  });

  it("ends as wrangler ends", async () => {
    const { code, stderr } = await npmRun("deploy", [DRY, "--wrong-flag"]);
    expect(code).toBe(1);
    expect(stderr).toContain("wrong-flag");
  });

  it("takes another file that is named, and looks into that one", async () => {
    await using folder = await newFolder();
    const file = join(folder.path, "other.toml");
    const main = `main = ${JSON.stringify(join(projectFolder, "src", "index.ts"))}`;
    const good = (await readFile(wranglerToml, "utf8")).replace(/^main = .*$/m, main);
    await writeFile(file, good.replace('name = "edge-canceler"', 'name = "another"'));
    const allowed = await npmRun("deploy", [DRY, "--outdir", folder.path, "-c", file]);
    expect(allowed).toMatchObject({ code: 0 });
    await writeFile(file, good.replace("[vars]", '[vars]\nAUTH = "none"'));
    for (const spelling of [["-c", file], ["--config", file], [`--config=${file}`]]) {
      expect(await npmRun("deploy", [DRY, ...spelling])).toEqual({
        code: 1,
        stdout: "",
        stderr:
          'not deployed: other.toml says AUTH = "none" in [vars], which opens the service to everybody: remove it\n',
      });
    }
  });

  it.each([
    [
      ["--var", "AUTH:none"],
      "not deployed: AUTH:none opens the service to everybody: leave it out",
    ],
    [
      ["-c", "wrangler.json"],
      'not deployed: only a .toml file can be checked first, not "wrangler.json"',
    ],
    [["-c", "no-such.toml"], "not deployed: no-such.toml cannot be read (ENOENT: "],
  ])("%j is refused in one line", async (args, line) => {
    const { code, stdout, stderr } = await npmRun("deploy", [DRY, ...args]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.startsWith(line)).toBe(true);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("a wrangler.toml is not deployed", () => {
  const opens = (table: string) =>
    `x.toml says AUTH = "none" in [${table}], which opens the service to everybody: remove it`;
  const secret = (name: string, table: string) =>
    `x.toml has ${name} in [${table}], where everybody with the file can read it: make a new one and set it with npm exec wrangler secret put ${name}`;

  it.each([
    ['[vars]\nAUTH = "none"', opens("vars")],
    ['vars = { AUTH = "none" }', opens("vars")],
    ["[env.staging.vars]\nA = '1'\nAUTH = 'none'", opens("env.staging.vars")],
    ['[vars]\nA = "1"\n[env]\nlive = { vars.AUTH = "none" }', opens("env.live.vars")],
    ['[vars]\nAUTH_SECRET = "s"', secret("AUTH_SECRET", "vars")],
    [
      '[env.live.vars]\nAUTH_SECRET_PREVIOUS = "s"',
      secret("AUTH_SECRET_PREVIOUS", "env.live.vars"),
    ],
  ])("that says %j", (toml, refusal) => {
    expect(configRefusal("x.toml", parse(toml))).toBe(refusal);
  });

  it("but ours is, and one that names an issuer", async () => {
    const ours = await readFile(wranglerToml, "utf8");
    expect(configRefusal("x.toml", parse(ours))).toBeNull();
    const issuer = '[vars]\nAUTH_ISSUER = "https://issuer.example"\nAUTH_CLAIMS = "[]"';
    expect(configRefusal("x.toml", parse(issuer))).toBeNull();
    expect(configRefusal("x.toml", parse('# [vars]\n# AUTH = "none"'))).toBeNull();
  });
});

describe("arguments", () => {
  it.each([
    [["--var", "AUTH:none"]],
    [["--var=AUTH:none"]],
    [["--var", "A:1", "AUTH:none", "--minify"]],
    [['--var="AUTH:none"']],
  ])("%j open the service", (args) => {
    expect(argumentsRefusal(args)).toBe("AUTH:none opens the service to everybody: leave it out");
  });

  it.each([
    ["AUTH_SECRET", ["--var", "AUTH_SECRET:abc"]],
    ["AUTH_SECRET_PREVIOUS", ["--var=AUTH_SECRET_PREVIOUS:abc"]],
  ])("that hold %s publish it", (name, args) => {
    expect(argumentsRefusal(args)).toBe(
      `${name} as an argument is not secret: set it with npm exec wrangler secret put ${name}`,
    );
  });

  it.each([
    [[]],
    [["--var", "OAUTH:none", "--var", "AUTH:nonesuch"]],
    [["--message", "AUTH: none"]],
  ])("%j do neither", (args) => {
    expect(argumentsRefusal(args)).toBeNull();
  });

  it.each([
    [[], []],
    [["--dry-run", "--env", "live"], []],
    [["-c", "a.toml"], ["a.toml"]],
    [
      ["-c=a.toml", "--config=b.toml"],
      ["a.toml", "b.toml"],
    ],
    [["-c./a.toml"], ["a.toml"]],
    [["--cwd", "x", "--config", "a.toml"], [join("x", "a.toml")]],
  ])("%j name the files %j", (args, files) => {
    expect(namedConfigs(args)).toEqual(files);
  });
});
