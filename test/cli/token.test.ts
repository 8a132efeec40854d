import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { npmRun } from "../scripts/harness.ts";
import { CLI_RUNTIMES, runCli } from "./harness.ts";

const SECRET = "a secret of the tests, longer than 32 bytes";
const environment = { AUTH_SECRET: SECRET };
const grant = ["--sub", "ci", "--scope", "watch work", "--tasks", "build-*,test-1"];
const token = (...args: string[]) => runCli(["token", ...args], { environment });
const claimsOf = async (text: string) =>
  (await jwtVerify(text.trimEnd(), new TextEncoder().encode(SECRET), { algorithms: ["HS256"] }))
    .payload;

describe.each(Object.keys(CLI_RUNTIMES))("edge-canceler token under %s", (name) => {
  const runtime = name === "deno" || name === "bun" ? name : "node";

  it("signs what is granted, and prints only the token", async () => {
    const args = ["token", ...grant, "--ttl", "2h30m"];
    const { exitCode, stdout, stderr } = await runCli(args, { runtime, environment });
    expect([exitCode, stdout.split("\n").length]).toEqual([0, 2]);
    const { iat = 0, ...claims } = await claimsOf(stdout);
    expect(claims).toEqual({
      sub: "ci",
      scope: "watch work",
      tasks: ["build-*", "test-1"],
      exp: iat + 9000,
    });
    expect(Math.abs(Date.now() / 1000 - iat)).toBeLessThan(30);
    expect(decodeProtectedHeader(stdout.trimEnd())).toEqual({ alg: "HS256", typ: "JWT" });
    expect(stderr).toMatch(/^edge-canceler: ci may watch work: build-\*, test-1, until \S+Z\n$/);
  });
});

describe("edge-canceler token", () => {
  it("takes the secret from a file, without its line break, and tasks one by one", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-secret-"));
    const file = join(folder.path, "secret");
    await writeFile(file, `${SECRET}\r\n`);
    const args = ["--sub", "me", "--scope", "admin", "--tasks", "a, a", "--tasks", "*,a:b~c.d_e"];
    const { stdout } = await runCli(["token", ...args, "--secret-file", file]);
    const { exp = 0, iat = 0, tasks } = await claimsOf(stdout);
    expect([exp - iat, tasks]).toEqual([3600, ["a", "*", "a:b~c.d_e"]]);
  });

  it("escapes tasks as the commands do, and knows a comma in an id from one between two", async () => {
    const { stdout } = await token(...grant, "--tasks", "feature/x, feature/*,a\\,b+c@d=e");
    expect((await claimsOf(stdout)).tasks).toEqual([
      "build-*",
      "test-1",
      "feature~2Fx",
      "feature~2F*",
      "a,b+c@d=e",
    ]);
  });

  it("names queues as it names tasks, also without any", async () => {
    const args = ["--sub", "box", "--scope", "work", "--queues", "gpu,train/*"];
    const { stdout, stderr } = await token(...args);
    expect(await claimsOf(stdout)).toMatchObject({ tasks: [], queues: ["gpu", "train~2F*"] });
    expect(stderr).toContain("box may work: the queue gpu, the queue train~2F*, until ");
  });

  it("prints JSON with the time when the token expires", async () => {
    const { stdout, stderr } = await token(...grant, "--ttl", "1d", "--json");
    const answer: { token: string; expiresAt: string } = JSON.parse(stdout);
    const { exp = 0 } = await claimsOf(answer.token);
    expect(Math.floor(Date.parse(answer.expiresAt) / 1000)).toBe(exp);
    expect(stderr).toBe("");
  });

  it.each([
    [[], "--sub must say who the token is for"],
    [["--sub", "ci"], "--scope must name what the token allows, out of watch, work, "],
    [
      ["--sub", "ci", "--scope", "wacth"],
      '--scope cannot be "wacth": the scopes are watch, work, ',
    ],
    [["--sub", "ci", "--scope", "work"], "--tasks must name the tasks that the token covers"],
    [
      ["--sub", "", ...grant.slice(2)],
      "--sub must say who the token is for, in 1 to 256 characters",
    ],
    [["--sub", "ci", "--scope", " "], "--scope must name what the token allows, out of watch, "],
    [["--sub", "ci", "--scope", "work", "--tasks", " , "], "--tasks must name the tasks"],
    [
      [...grant, "--tasks", "a*b"],
      '--tasks takes ids, and prefixes that end in *, not "a*b": an id',
    ],
    [
      [...grant, "--tasks", ".."],
      'and prefixes that end in *, not "..": an id has 1 to 128 characters out of ',
    ],
    [[...grant, "--tasks", "a".repeat(129)], "and prefixes that end in *, not "],
    [[...grant, "--tasks", `${"a".repeat(129)}*`], "and prefixes that end in *, not "],
    [[...grant, "--queues", ".."], '--queues takes ids, and prefixes that end in *, not ".."'],
    [[...grant, "--ttl", "60"], '--ttl must be a duration like 90s, 5m, 2h30m or 1d, not "60"'],
    [[...grant, "--ttl", "0s"], '--ttl must be 1s to 3650d, not "0s"'],
    [[...grant, "--ttl", "4000d"], '--ttl must be 1s to 3650d, not "4000d"'],
    [[...grant, "build-7"], 'unexpected argument "build-7": '],
    [[...grant, "--secret", SECRET], "there is no option --secret"],
    [[...grant, "--secret-file", "/nowhere"], "cannot read the secret file /nowhere (ENOENT)"],
  ])("says what is wrong: %j", async (args, words) => {
    const { exitCode, stdout, stderr } = await token(...args);
    expect([exitCode, stdout, stderr.split("\n").length]).toEqual([2, "", 2]);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain(SECRET);
  });

  it.each([
    ["", "there is no secret: set AUTH_SECRET, or name a file with --secret-file"],
    [
      "short",
      "AUTH_SECRET must have at least 32 bytes, not 5: make one with openssl rand -base64 32",
    ],
  ])("does not sign with a secret that is missing or too short: %j", async (AUTH_SECRET, words) => {
    const end = await runCli(["token", ...grant], { environment: { AUTH_SECRET } });
    expect(end).toEqual({ exitCode: 2, stdout: "", stderr: expect.stringContaining(words) });
  });

  it("is also npm run token, before anything is built", async () => {
    const { code, stdout, stderr } = await npmRun("token", grant, { AUTH_SECRET: SECRET });
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^edge-canceler: ci may watch work: /),
    ]);
    expect(await claimsOf(stdout)).toMatchObject({ sub: "ci", tasks: ["build-*", "test-1"] });
  });
});
