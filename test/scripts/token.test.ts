import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { tokenOptions } from "../../scripts/token-options.ts";
import { npmRun } from "./npm-run.ts";

const SECRET = "a secret of this test, 32 bytes or more";
const GOOD = ["--sub", "ci", "--scope", "watch work", "--tasks", "build-*", "--ttl", "1h"];

function verify(token: string, secret = SECRET) {
  return jwtVerify(token, new TextEncoder().encode(secret), { algorithms: ["HS256"] });
}

describe("npm run token", () => {
  it("prints the token alone, and beside it what it allows", async () => {
    const beganAtSeconds = Math.floor(Date.now() / 1000);
    const { code, stdout, stderr } = await npmRun("token", GOOD, { AUTH_SECRET: SECRET });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const token = stdout.trim();
    expect(decodeProtectedHeader(token).alg).toBe("HS256");
    const { payload } = await verify(token);
    const { iat = 0, exp = 0, ...claims } = payload;
    expect(claims).toEqual({ sub: "ci", scope: "watch work", tasks: ["build-*"] });
    expect(exp - iat).toBe(3600);
    expect(iat).toBeGreaterThanOrEqual(beganAtSeconds);
    const until = new Date(exp * 1000).toISOString().replace(".000", "");
    expect(stderr).toBe(`ci may watch work: build-*, until ${until}\n`);
  });

  it("takes the secret from a file, and an end of line there is not part of it", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-token-"));
    const file = join(folder.path, "secret");
    await writeFile(file, `${SECRET}, of the file\n`);
    const args = [...GOOD, "--secret-file", file];
    const { stdout } = await npmRun("token", args, { AUTH_SECRET: SECRET });
    expect(await verify(stdout.trim(), `${SECRET}, of the file`)).toBeDefined();
    await expect(verify(stdout.trim())).rejects.toThrow("signature verification failed");
  });

  const missing = join(tmpdir(), "edge-canceler-no-such-file");
  it.each([
    ["no secret", GOOD, undefined, "there is no secret: set AUTH_SECRET, or name a file with"],
    ["a secret that is too short", GOOD, "s".repeat(31), "AUTH_SECRET must have at least 32 bytes"],
    ["no file", [...GOOD, "--secret-file", missing], SECRET, "cannot read --secret-file "],
    ["a flag for the secret", [...GOOD, "--secret", SECRET], SECRET, "Unknown option '--secret'"],
  ])("makes no token with %s, and says so in one line", async (_name, args, secret, line) => {
    const { code, stdout, stderr } = await npmRun("token", args, { AUTH_SECRET: secret });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr.startsWith(line)).toBe(true);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).not.toContain(SECRET);
  });

  it("explains itself with examples", async () => {
    const { code, stdout, stderr } = await npmRun("token", ["--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const word of ["--sub", "--scope", "--tasks", "--ttl", "--secret-file", "npm run -s"]) {
      expect(stdout).toContain(word);
    }
  });
});

describe("what a token is asked to grant", () => {
  it("takes task ids with commas, one by one, or both, each once", () => {
    const args = ["--sub", "ci", "--scope", "cancel,watch  cancel"];
    const tasks = ["--tasks", "build-7, build-*", "--tasks", "a:b~c.d_e", "--tasks", "*,build-7"];
    expect(tokenOptions([...args, ...tasks])?.grant).toEqual({
      subject: "ci",
      scope: "cancel watch",
      tasks: ["build-7", "build-*", "a:b~c.d_e", "*"],
      ttlSeconds: 3600,
    });
  });

  it.each([
    [["--scope", "watch wrok"], '--scope has no "wrok": there are watch, work, cancel, declare, '],
    [["--scope", " "], "--scope must say what the token allows, out of watch, work, cancel"],
    [["--sub", ""], "--sub must say who the token is for, in 1 to 256 characters"],
    [["--ttl", "60"], '--ttl must be a time like 90s, 5m, 2h30m or 1d, up to 3650d, not "60"'],
    [["--ttl", "0s"], '--ttl must be a time like 90s, 5m, 2h30m or 1d, up to 3650d, not "0s"'],
    [["--ttl", "3651d"], "up to 3650d"],
    [["--tasks", "build/7"], "--tasks takes ids (1 to 128 of A-Z a-z 0-9 . _ ~ : -) and prefixes"],
    [["--tasks", "a*b"], 'not "a*b"'],
    [["--tasks", ".."], 'not ".."'],
    [["--tasks", "a".repeat(129)], "--tasks takes ids"],
  ])("%j is refused", (args, message) => {
    expect(() => tokenOptions([...GOOD, ...args])).toThrow(message);
  });

  it("without any task is refused", () => {
    const args = ["--sub", "ci", "--scope", "work", "--tasks", " , "];
    expect(() => tokenOptions(args)).toThrow("--tasks must name at least one id or prefix");
  });
});
