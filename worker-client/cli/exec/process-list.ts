import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process of this machine, as it was a moment ago. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  /** Stays the same for the whole life of a process, and differs if its number is reused. */
  readonly id: string;
  /** In ticks since the machine started; null if the system gives no time that fine. */
  readonly startedAtTicks: number | null;
  readonly isStopped: boolean;
}

/**
 * Lists the running processes, without zombies. Returns null if the system offers no list.
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

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * The list from ps(1), for systems without /proc; null if there is no ps either, or it fails. What
 * ps calls a session there is a pointer or nothing, so the group stands in for it.
 */
export function listByPs(): ProcessEntry[] | null {
  const { status, stdout, ...ps } = spawnSync(
    "ps",
    ["-A", "-o", "pid=,ppid=,pgid=,stat=,lstart="],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: MAX_OUTPUT_BYTES },
  );
  if (status !== 0) return null;
  return stdout.split("\n").flatMap((line) => {
    const [pid, parentPid, group, state = "Z", ...startedAt] = line.trim().split(/\s+/);
    // ps lists itself, too, as a child of exec.
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

/** Reads a process from /proc; returns null if it has ended, even as a zombie. */
function readProcEntry(pid: number): ProcessEntry | null {
  const stat = readStat(pid);
  if (stat === null) return null;
  const { state, parentPid, group, session, threads, startedAtTicks } = stat;
  // A process whose main thread has ended looks like a zombie, but runs on in its other threads.
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

interface Stat {
  readonly state: string;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  readonly threads: number;
  readonly startedAtTicks: number;
}

/** Reads /proc/PID/stat, whose fields are in proc_pid_stat(5); returns null if it is not there. */
function readStat(pid: number): Stat | null {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name is in parentheses, and may contain anything. After it come the state and numbers.
  const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [parentPid = 0, group = 0, session = 0] = fields.map(Number);
  const [threads, startedAtTicks] = [Number(fields[16]), Number(fields[18])];
  return { state, parentPid, group, session, threads, startedAtTicks };
}

/** Errors that mean that exec itself lacks resources. They say nothing about a process. */
const SHORTAGES: readonly unknown[] = ["EMFILE", "ENFILE", "ENOMEM"];

/** Reads a file of a process; returns null if the process has ended or belongs to another user. */
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

/** Reads a process of this PID namespace; returns null if it has ended, or if /proc cannot tell. */
export function readOwnEntry(pid: number): ProcessEntry | null {
  return readOwn(() => readProcEntry(pid));
}

/**
 * When a child of this process was started, in ticks; null if /proc cannot tell. It can tell of a child
 * that has ended, until Node notices that end.
 */
export function startOfChild(pid: number): number | null {
  return readOwn(() => readStat(pid)?.startedAtTicks ?? null);
}

/** Returns null if /proc has other numbers, or something fails. */
function readOwn<T>(read: () => T | null): T | null {
  if (process.platform !== "linux" || !isProcOurs()) return null;
  try {
    return read();
  } catch {
    return null;
  }
}

const TICKS_PER_SECOND = 100;

/** The start time that a process would have if it started now; null if that is unknown. */
export function nowInTicks(): number | null {
  const uptime = process.platform === "linux" ? readProc("/proc/uptime") : null;
  return uptime === null ? null : Math.round(Number.parseFloat(uptime) * TICKS_PER_SECOND);
}

/** Whether a process still runs, as far as can be told without listing all of them. */
export function isRunning({ pid, id }: ProcessEntry): boolean {
  return readOwnEntry(pid)?.id === id;
}

/**
 * Whether the numbers in /proc are those that signals go to. In a PID namespace without a /proc of its
 * own, /proc is that of the outer namespace, where every process has another number.
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
