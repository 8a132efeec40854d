import { spawnSync } from "node:child_process";
import type { ProcessEntry } from "./process-entry.ts";

const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The processes that run, where there is no /proc; null if there is no ps(1) either, or it fails.
 * The session is a pointer or nothing there, so the group has to do.
 */
export function listByPs(): ProcessEntry[] | null {
  const { status, stdout, ...ps } = spawnSync(
    "ps",
    ["-A", "-o", "pid=,ppid=,pgid=,stat=,lstart="],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: MOST_BYTES },
  );
  if (status !== 0) return null;
  return stdout.split("\n").flatMap((line) => {
    const [pid, parentPid, group, state = "Z", ...startedAt] = line.trim().split(/\s+/);
    // It lists itself, too, as a child of exec.
    if (state.startsWith("Z") || Number(pid) === ps.pid) return [];
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      group: Number(group),
      session: Number(group),
      id: [pid, ...startedAt].join(" "),
      startedAtTicks: null,
      isStopped: state.startsWith("T"),
      thread: Number(pid),
    };
  });
}
