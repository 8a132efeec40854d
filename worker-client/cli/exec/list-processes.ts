import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { ProcessEntry } from "./process-entry.ts";

/** All processes that run; those that have ended, and wait for their parent to notice, do not. */
export function listProcesses(): ProcessEntry[] {
  return process.platform === "linux" ? fromProc() : fromPs();
}

function fromProc(): ProcessEntry[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The name stands in brackets, and may hold anything; after it come the state and numbers.
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [state = "", parentPid, group, session] = fields;
      if (/[ZX]/.test(state)) return [];
      return {
        pid: Number(name),
        parentPid: Number(parentPid),
        group: Number(group),
        session: Number(session),
        startedAt: fields[19] ?? "",
        isStopped: /[Tt]/.test(state),
      };
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

/** Everywhere else. The session is a pointer or nothing there, so the group has to do. */
function fromPs(): ProcessEntry[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,lstart="], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return stdout.split("\n").flatMap((line) => {
    const [pid, parentPid, group, state = "Z", ...startedAt] = line.trim().split(/\s+/);
    if (state.startsWith("Z")) return [];
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      group: Number(group),
      session: Number(group),
      startedAt: startedAt.join(" "),
      isStopped: state.startsWith("T"),
    };
  });
}
