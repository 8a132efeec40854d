import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, inject, it } from "vitest";
import { until } from "../../scripts/until.ts";
import { signToken } from "../../worker-client/cli/sign-token.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { eventually } from "../client/suite/harness.ts";
import { NpmStart } from "./harness.ts";
import { untilEnded } from "./processes.ts";

function newFolder() {
  return mkdtempDisposable(join(tmpdir(), "edge-canceler-start-"));
}

/** Returns what we left in a temporary folder, where npm keeps a cache too. */
async function leftIn(temporaryFolder: string): Promise<string[]> {
  return (await readdir(temporaryFolder)).filter((name) => name.startsWith("edge-canceler"));
}

const SECRET = "a secret of this test, 32 bytes or more";
const OLD_SECRET = "the secret before it, 32 bytes or more";

const ENDS = ["interrupt", "terminate"] as const;

describe("npm start", () => {
  it("says where it is ready and two curl lines to try, and keeps its state in the folder", async () => {
    await using data = await newFolder();
    await using service = new NpmStart(["--port", "0", "--data", data.path]);
    const url = await service.ready;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${url}/ping`)).json()).toEqual({ message: "pong" });
    expect(await (await fetch(`${url}/cancel-task/1234`)).text()).toBe("ok");
    expect(await (await fetch(`${url}/watch-task/1234`)).text()).toBe("true");
    service.interrupt();
    const { stdout, stderr } = await service.ended;
    const [ready, access, ...lines] = stdout.trim().split(/\n+/);
    expect([ready, access]).toEqual([
      `ready ${url} (state in ${data.path})`,
      "no token is required: every process here can cancel any task (AUTH_SECRET closes it)",
    ]);
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(`^ +curl ${url}/watch-task/1234 +# `),
      expect.stringMatching(`^ +curl ${url}/cancel-task/1234 +# `),
    ]);
    expect(lines[2]).toBe(`console ${url}/console`);
    expect(lines.slice(3).map((line) => JSON.parse(line))).toMatchObject([
      { event: "request", route: "/ping", status: 200 },
      { event: "request", route: "/cancel-task/:id", taskId: "1234", status: 200 },
      { event: "request", route: "/watch-task/:id", taskId: "1234", status: 200 },
    ]);
    expect(stderr).toBe("");
    expect(await readdir(data.path)).toContain("TaskObject");
  });

  it("is closed to everybody without a token if its environment has a secret", async () => {
    await using data = await newFolder();
    const vars = {
      AUTH_SECRET: SECRET,
      AUTH_SECRET_PREVIOUS: OLD_SECRET,
      CORS_ORIGINS: "https://ci.example",
    };
    await using service = new NpmStart(["--port", "0", "--data", data.path], { vars });
    const url = await service.ready;
    expect((await fetch(`${url}/cancel-task/1234`)).status).toBe(401);
    const grant = { subject: "me", scope: "cancel", tasks: ["1234"], ttlSeconds: 60 };
    for (const secret of [SECRET, OLD_SECRET]) {
      const token = await signToken(secret, grant, Date.now());
      const headers = { Authorization: `Bearer ${token}`, Origin: "https://ci.example" };
      const response = await fetch(`${url}/cancel-task/1234`, { headers });
      expect(response.status).toBe(200);
      expect(response.headers.get("Access-Control-Allow-Origin")).toBe("https://ci.example");
    }
    service.interrupt();
    const { stdout, stderr } = await service.ended;
    expect(stdout.split("\n").slice(0, 5)).toEqual([
      `ready ${url} (state in ${data.path})`,
      "tokens are checked against AUTH_SECRET",
      "",
      expect.stringContaining(` curl -H "Authorization: Bearer $TOKEN" ${url}/watch-task/1234 `),
      expect.stringContaining(` curl -H "Authorization: Bearer $TOKEN" ${url}/cancel-task/1234 `),
    ]);
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it("checks tokens against an issuer on this machine", async () => {
    await using data = await newFolder();
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "a", alg: "ES256" }] };
    const server = createServer((_, response) => response.end(JSON.stringify(keys)));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : null;
    const vars = {
      AUTH_ISSUER: "https://issuer.example",
      AUTH_AUDIENCE: "us",
      AUTH_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
    };
    await using service = new NpmStart(["--port", "0", "--data", data.path], { vars });
    const url = await service.ready;
    const token = await new SignJWT({ scope: "cancel", tasks: ["1234"], aud: "us" })
      .setProtectedHeader({ alg: "ES256", kid: "a" })
      .setIssuer("https://issuer.example")
      .setSubject("job")
      .setExpirationTime("1m")
      .sign(privateKey);
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/cancel-task/1234`, { headers })).status).toBe(200);
    server.close();
  });

  it("does not start with a secret that is too short, rather than open to anybody", async () => {
    await using service = new NpmStart(["--port", "0"], { vars: { AUTH_SECRET: "short" } });
    expect(await service.ended).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "AUTH_SECRET must have at least 32 bytes, not 5: make one with openssl rand -base64 32\n",
    });
  });

  it.each(ENDS)("ends with all it started, though a watch is parked (%s)", async (end) => {
    await using data = await newFolder();
    await using temporary = await newFolder();
    await using service = new NpmStart(["--port", "0", "--data", data.path], {
      temporaryFolder: temporary.path,
    });
    const url = await service.ready;
    const processes = service.processes();
    // npm, the script and workerd at least.
    expect(processes.length).toBeGreaterThan(2);
    const tasks = new TaskClient({ url });
    await tasks.start("1234");
    using watch = tasks.watch("1234");
    await eventually(
      () => tasks.get("1234"),
      (task) => task?.watchers === 1,
    );
    service[end]();
    await service.ended;
    await untilEnded(processes);
    expect(await leftIn(temporary.path)).toEqual([]);
    await expect(fetch(`${url}/ping`)).rejects.toThrow("fetch failed");
    expect(watch.signal.aborted).toBe(false);
  });

  it.each(ENDS)("ends with all it started while it is still starting (%s)", async (end) => {
    await using data = await newFolder();
    await using temporary = await newFolder();
    await using service = new NpmStart(["--port", "0", "--data", data.path], {
      temporaryFolder: temporary.path,
    });
    while (service.processes().length < 3) await new Promise(setImmediate);
    const processes = service.processes();
    service[end]();
    const { stderr } = await service.ended;
    expect(stderr).toBe("");
    await untilEnded(processes);
    expect(await leftIn(temporary.path)).toEqual([]);
  });

  it("ends well when Ctrl-C ends esbuild, and what that said last comes later", async () => {
    await using data = await newFolder();
    await using folder = await newFolder();
    const [bundler, gate, file] = ["esbuild", "gate", "pid"].map((name) => join(folder.path, name));
    if (!(bundler && gate && file)) throw new Error("three names make three paths");
    execFileSync("mkfifo", [gate]);
    // What it leaves in the background keeps its stdout open, and ignores Ctrl-C.
    const script = `#!/bin/sh\n(read -r _ <${gate}) &\necho $$ >${file}\nwait\n`;
    await writeFile(bundler, script, { mode: 0o755 });
    await using service = new NpmStart(["--port", "0", "--data", data.path], {
      vars: { ESBUILD_BINARY_PATH: bundler },
    });
    const pid = await eventually(
      async () => Number(await readFile(file, "utf8").catch(() => 0)),
      (number) => number > 0,
    );
    service.interrupt();
    await until("its end is noticed", () => !existsSync(`/proc/${pid}`));
    await writeFile(gate, "\n");
    const { code, stderr } = await service.ended;
    expect([code, stderr]).toEqual([0, ""]);
  });

  const port = new URL(inject("serviceUrl")).port;
  it.each([
    [
      "a port in use",
      ["--port", port],
      `cannot listen on 127.0.0.1:${port} (EADDRINUSE): choose another port with --port N`,
    ],
    [
      "a folder that cannot be written",
      ["--port", "0", "--data", "/proc/nope"],
      "cannot write to the folder /proc/nope (ENOENT): choose another one with --data DIR",
    ],
    [
      "a folder that is a file",
      ["--port", "0", "--data", import.meta.filename],
      `cannot write to the folder ${import.meta.filename} (ENOTDIR): choose another one with --data DIR`,
    ],
    [
      "a port that is not a number",
      ["--port", "http"],
      '--port must be a number from 0 to 65535, not "http"',
    ],
    [
      "a port that is too high",
      ["--port", "65536"],
      '--port must be a number from 0 to 65535, not "65536"',
    ],
    [
      "an unknown flag",
      ["--prot", "8080"],
      "Unknown option '--prot': npm start -- [--port N] [--data DIR]",
    ],
  ])("says in one line what is wrong with %s", async (_name, args, line) => {
    await using service = new NpmStart(args);
    expect(await service.ended).toEqual({ code: 1, stdout: "", stderr: `${line}\n` });
  });

  it("explains itself", async () => {
    await using service = new NpmStart(["--help"]);
    const { code, stdout, stderr } = await service.ended;
    expect([code, stderr]).toEqual([0, ""]);
    for (const option of ["--port N", "--data DIR", "--help", "AUTH_SECRET"])
      expect(stdout).toContain(option);
  });
});
