import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { until } from "../../scripts/until.ts";
import { listByPs, listProcesses } from "../../worker-client/cli/exec/process-list.ts";
import { CommandProcesses } from "../../worker-client/cli/exec/process-tree.ts";
import { RunMark } from "../../worker-client/cli/exec/run-mark.ts";

const hasPs = listByPs() !== null;

afterEach(() => vi.unstubAllEnvs());

/** A child that is gone when the next test begins, which looks at the children of this process. */
async function sleeping(): Promise<number> {
  const child = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await once(child, "spawn");
  return child.pid ?? 0;
}

describe.each([
  ["the system's own list", true, listProcesses],
  ["ps", hasPs, listByPs],
])("%s", (_name, isThere, list) => {
  it.skipIf(!isThere)("has a process with its parent, its group and its session", async () => {
    const pid = await sleeping();
    expect(list()?.find((entry) => entry.pid === pid)).toMatchObject({
      parentPid: process.pid,
      group: pid,
      session: pid,
      isStopped: false,
    });
  });

  it.skipIf(!isThere)("tells one that is stopped", async () => {
    const pid = await sleeping();
    process.kill(pid, "SIGSTOP");
    await until(
      "it is listed as stopped",
      () => list()?.find((entry) => entry.pid === pid)?.isStopped === true,
    );
  });

  it.skipIf(!isThere)("has none that has ended, nor one that only makes the list", async () => {
    const pid = await sleeping();
    process.kill(pid, "SIGKILL");
    // Nothing is waited for meanwhile, so it stays there for its parent to notice.
    let entries = list();
    while (entries?.some((entry) => entry.pid === pid)) entries = list();
    expect(entries?.filter(({ parentPid }) => parentPid === process.pid)).toEqual([]);
    expect(entries?.map((entry) => entry.pid)).toContain(process.pid);
  });
});

describe.runIf(process.platform === "linux")(
  "a command that has ended before it is looked at",
  () => {
    it("is known to have ended before Node says so: a signal to it was too late", async () => {
      const pid = await sleeping();
      process.kill(pid, "SIGKILL");
      while (listProcesses()?.some((entry) => entry.pid === pid));
      const processes = new CommandProcesses({
        pid,
        isLeader: true,
        ownsOrphans: false,
        hasEnded: () => false,
        mark: new RunMark(crypto.randomUUID()),
      });
      expect(processes.signalCommand("SIGTERM")).toBe(false);
    });
  },
);

describe("ps", () => {
  it("makes no list where there is none", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-ps-"));
    vi.stubEnv("PATH", folder.path);
    expect(listByPs()).toBeNull();
  });

  it("makes no list where it fails, whatever it has written", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-ps-"));
    const script = "#!/bin/sh\necho '1 0 1 S Sat Aug 15 12:00:00 2026'\nexit 1\n";
    await writeFile(join(folder.path, "ps"), script, { mode: 0o755 });
    vi.stubEnv("PATH", [folder.path, process.env["PATH"]].join(delimiter));
    expect(listByPs()).toBeNull();
  });
});
