import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process of this machine, as it was a moment ago. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  /** Stays the same for the whole life of a process, and differs if its number is used again. */
  readonly id: string;
  /** In ticks since the machine started; null where the system gives no time as fine as that. */
  readonly startedAtTicks: number | null;
  readonly isStopped: boolean;
}

/**
 * Lists the processes that run, without those that have ended and wait for their parent to notice.
 * Returns null if there is no such list here.
 */
export function listProcesses(): ProcessEntry[] | null {
  return process.platform === "linux" ? listByProc() : listByPs();
}

/** The list from Linux's /proc; null if it is not there, or not of this PID namespace. */
function listByProc(): ProcessEntry[] | null {
  if (!isProcOurs()) return null;
  try {
    return readdirSync("/proc").flatMap((name) => {
      const entry = /^\d+$/.test(name) ? readProcEntry(Number(name)) : null;
      return entry ?? [];
    });
  } catch {
    return null;
  }
}

const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The list from ps(1), for systems without /proc; null if there is no ps either, or it fails. What
 * ps calls a session there is a pointer or nothing, so the group stands for it.
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
    };
  });
}

/** A process as /proc has it; null if it has ended, even if its parent has not noticed yet. */
function readProcEntry(pid: number): ProcessEntry | null {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name stands in brackets, and may hold anything; after it come the state and numbers.
  const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [parentPid = 0, group = 0, session = 0] = fields.map(Number);
  const [threads, startedAtTicks] = [Number(fields[16]), Number(fields[18])];
  // A process whose main thread has ended looks like a zombie, and runs on in its other threads.
  if (/[ZX]/.test(state) && threads <= 1) return null;
  return {
    pid,
    parentPid,
    group,
    session,
    id: `${pid} ${startedAtTicks}`,
    startedAtTicks,
    isStopped: /[Tt]/.test(state),
  };
}

/** Errors that mean that exec itself is short of something; they say nothing about a process. */
const SHORTAGES: readonly unknown[] = ["EMFILE", "ENFILE", "ENOMEM"];

/** Reads a file of a process; null if the process has ended or is another user's. */
function readProc(path: string, encoding: "utf8" | "latin1" = "utf8"): string | null {
  try {
    return readFileSync(path, encoding);
  } catch (error) {
    if (error instanceof Error && "code" in error && SHORTAGES.includes(error.code)) throw error;
    return null;
  }
}

/**
 * The environment that a process was started with; null if it cannot be read. Only Linux shows it,
 * and only that of the user's own processes. It is empty for a moment while a process becomes another
 * program.
 */
export function readEnviron(pid: number): string | null {
  return process.platform === "linux" ? readProc(`/proc/${pid}/environ`, "latin1") : null;
}

/** A process of this PID namespace; null if it has ended, or where that cannot be told. */
export function readOwnEntry(pid: number): ProcessEntry | null {
  if (process.platform !== "linux" || !isProcOurs()) return null;
  try {
    return readProcEntry(pid);
  } catch {
    return null;
  }
}

const TICKS_PER_SECOND = 100;

/** The time that a process started now would have; null where that is not known. */
export function nowInTicks(): number | null {
  const uptime = process.platform === "linux" ? readProc("/proc/uptime") : null;
  return uptime === null ? null : Math.round(Number.parseFloat(uptime) * TICKS_PER_SECOND);
}

/** Whether a process still runs, as far as can be told without a list of all. */
export function isRunning({ pid, id }: ProcessEntry): boolean {
  return readOwnEntry(pid)?.id === id;
}

/**
 * Whether the numbers in /proc are those that signals are sent by. In a PID namespace that was made
 * without a /proc of its own, /proc is the outer namespace's, where every process has another number.
 */
function isProcOurs(): boolean {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    // Kernels before 4.1 have no NSpid, and show only the number of the namespace that /proc is of.
    const [, pids] = /^NSpid:\s*(.+)$/m.exec(status) ?? /^Pid:\s*(.+)$/m.exec(status) ?? [];
    return pids === String(process.pid);
  } catch {
    return false;
  }
}
