import { chmod, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { paced } from "../../worker-client/cli/paced.ts";
import { type Exchange, fakeService, nextReport } from "../client/harness.ts";
import { taskState } from "../client/task-state.ts";
import { block } from "../package/pages.ts";
import { RunningExec } from "./exec-harness.ts";
import { newTaskId, runCli } from "./harness.ts";

const EXPIRED = {
  type: "urn:edge-canceler:problem:unauthorized",
  title: "Unauthorized",
  status: 401,
  detail: "The token has expired.",
};

/** A file in a folder of its own, and how to write it again. */
async function tokenFile(token: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-token-"));
  const path = join(folder.path, "token");
  const write = (text: string) => writeFile(path, text, { mode: 0o600 });
  await write(`${token}\n`);
  return { path, write, [Symbol.asyncDispose]: () => folder.remove() };
}

function tokenOf({ request }: Exchange): string | undefined {
  return request.headers.authorization;
}

describe("a token that runs out while the command works", () => {
  it("is read anew from its file, as often as it takes, before the end is given up", async () => {
    await using file = await tokenFile("old");
    await using service = await fakeService();
    const task = newTaskId();
    const flags = ["--token-file", file.path];
    await using exec = new RunningExec(["true"], { url: service.url, task, flags });
    (await service.requests.next()).answer(200, taskState(task));
    const refused = await nextReport(service.requests);
    expect(tokenOf(refused)).toBe("Bearer old");
    refused.answer(401, EXPIRED);
    // The next one is there only after that.
    const again = await nextReport(service.requests);
    await file.write("new\n");
    again.answer(401, EXPIRED);
    const renewed = await nextReport(service.requests);
    expect(tokenOf(renewed)).toBe("Bearer new");
    renewed.answer(200, taskState(task, { status: "succeeded" }));
    expect(await exec.exitCode).toBe(0);
    expect(exec.stderr.text).toBe("");
  });

  it("is asked for anew by its command, which does not belong to what a cancel ends", async () => {
    await using file = await tokenFile("old");
    await using service = await fakeService();
    const task = newTaskId();
    const flags = ["--token-command", `echo "asked" >&2; cat ${file.path}`];
    await using exec = new RunningExec(["true"], { url: service.url, task, flags });
    const start = await service.requests.next();
    expect(tokenOf(start)).toBe("Bearer old");
    await file.write("new\n");
    start.answer(401, EXPIRED);
    expect(await exec.exitCode).toBe(77);
    // One that is refused at once is a mistake, and asked for once.
    expect(exec.stderr.text.match(/asked/g)).toHaveLength(1);
  });
});

describe("a token command", () => {
  it("that fails says so, and the command runs", async () => {
    await using service = await fakeService();
    const flags = ["--token-command", "exit 6"];
    const settings = { url: service.url, task: newTaskId(), flags };
    await using exec = new RunningExec(["echo", "ran"], settings);
    await exec.stdout.match(/ran/);
    await exec.stderr.match(/the token command failed: exit code 6\n/);
    await exec.stderr.match(/the service cannot be reached \(no token yet\): /);
    expect(service.requests.left).toBe(0);
  });

  it("makes the token of a job of GitHub Actions, as the page about tokens has it", async () => {
    const recipe = block("docs/tokens.md", "id-token: write");
    const [, folded = ""] = /TOKEN_COMMAND: >-\n(.*?)\n {4}run:/s.exec(recipe) ?? [];
    const command = folded.trim().replaceAll(/\s*\n\s*/g, " ");
    await using service = await fakeService();
    const environment = {
      EDGE_CANCELER_URL: service.url,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${service.url}/issue?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "of-the-job",
    };
    const status = runCli(["status", "job-1", "--token-command", command], { environment });
    const issue = await service.requests.next();
    expect([issue.path, issue.query.get("audience"), tokenOf(issue)?.toLowerCase()]).toEqual([
      "/issue",
      "https://cancel.example.com",
      "bearer of-the-job",
    ]);
    issue.answer(200, { count: 1, value: "header.claims.signature" });
    const get = await service.requests.next();
    expect(tokenOf(get)).toBe("Bearer header.claims.signature");
    get.answer(200, taskState("job-1"));
    expect((await status).exitCode).toBe(0);
  });
});

describe("a token file", () => {
  const url = inject("serviceUrl");
  const status = (flags: readonly string[]) =>
    runCli(["status", newTaskId(), ...flags], { environment: { EDGE_CANCELER_URL: url } });

  it("that every user can read is warned of, and not one that its group can read", async () => {
    await using file = await tokenFile("token");
    for (const mode of [0o600, 0o640]) {
      await chmod(file.path, mode);
      expect((await status(["--token-file", file.path])).stderr).not.toContain("chmod");
    }
    await chmod(file.path, 0o604);
    expect((await status(["--token-file", file.path])).stderr).toContain(`chmod 600 ${file.path}`);
  });

  it("and a token command cannot be given both", async () => {
    const { exitCode, stderr } = await status(["--token-file", "f", "--token-command", "c"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("give --token-file or --token-command, not both");
  });
});

describe("a warning that lasts", () => {
  it("is repeated less and less often, with what is said then", () => {
    let minutes = 0;
    const told: string[] = [];
    const warn = paced(
      (line) => told.push(line),
      () => minutes * 60_000,
    );
    for (; minutes <= 10; minutes++) warn(`at ${minutes}`);
    expect(told).toEqual(["at 0", "at 1", "at 3", "at 7"]);
  });
});
