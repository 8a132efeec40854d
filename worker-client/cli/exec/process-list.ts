import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process of this machine, as it was a moment ago. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  /** The same for the whole life of a process, and another one if its number is used again. */
  readonly id: string;
  /** In ticks since the machine's own start; null where no order that fine is told. */
  readonly startedAtTicks: number | null;
  readonly isStopped: boolean;
  /** A thread of it that runs: the main one, which has the number of the process, or another. */
  readonly thread: number;
}

/**
 * All processes that run; those that have ended, and wait for their parent to notice, do not. Null
 * if that cannot be told here.
 */
export function listProcesses(): ProcessEntry[] | null {
  return process.platform === "linux" ? listByProc() : listByPs();
}

/** The processes that run, as Linux has them in files; null if it does not, or not now. */
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

interface Stat {
  readonly state: string;
  /** All that follows it. */
  readonly fields: readonly string[];
}

/** A process, as Linux has it in files; null if it has ended, or waits for its parent to notice. */
function readProcEntry(pid: number): ProcessEntry | null {
  const stat = readStat(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const running = hasEnded(stat) ? otherThread(pid) : { state: stat.state, thread: pid };
  if (running === null) return null;
  const [parentPid, group, session] = stat.fields.map(Number);
  const startedAtTicks = Number(stat.fields[18]);
  return {
    pid,
    parentPid: parentPid ?? 0,
    group: group ?? 0,
    session: session ?? 0,
    id: `${pid} ${startedAtTicks}`,
    startedAtTicks,
    isStopped: /[Tt]/.test(running.state),
    thread: running.thread,
  };
}

/** A process goes on without its main thread, which looks like one that has ended. */
function otherThread(pid: number): { state: string; thread: number } | null {
  const folder = `/proc/${pid}/task`;
  for (const thread of threadsIn(folder)) {
    const stat = readStat(`${folder}/${thread}/stat`);
    if (stat !== null && !hasEnded(stat)) return { state: stat.state, thread: Number(thread) };
  }
  return null;
}

function threadsIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // It has ended meanwhile.
  }
}

function hasEnded({ state }: Stat): boolean {
  return /[ZX]/.test(state);
}

function readStat(path: string): Stat | null {
  const stat = readProc(path);
  if (stat === null) return null;
  // The name stands in brackets, and may hold anything; after it come the state and numbers.
  const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state, fields };
}

/** What exec itself is short of, which says nothing about a process. */
const SHORTAGES: readonly unknown[] = ["EMFILE", "ENFILE", "ENOMEM"];

/** A file of a process, or null if it has ended or is another user's. */
export function readProc(path: string, encoding: "utf8" | "latin1" = "utf8"): string | null {
  try {
    return readFileSync(path, encoding);
  } catch (error) {
    if (error instanceof Error && "code" in error && SHORTAGES.includes(error.code)) throw error;
    return null;
  }
}

/**
 * The environment that a process was started with; null if that is not told. Only Linux tells, and
 * only of the user's own processes. It is empty for a moment while a process becomes another one.
 */
export function readEnviron({ pid, thread }: ProcessEntry): string | null {
  if (process.platform !== "linux") return null;
  return readProc(`/proc/${pid}/task/${thread}/environ`, "latin1");
}

/** When a process was started, in ticks since the machine was; null where that is not told. */
export function readStart(pid: number): number | null {
  if (process.platform !== "linux" || !isProcOurs()) return null;
  return readProcEntry(pid)?.startedAtTicks ?? null;
}

/**
 * Whether the numbers in /proc are those that signals are sent by. In a PID namespace that was made
 * without a /proc of its own, the one of the outer namespace is seen, where every process has
 * another number, and this one several.
 */
function isProcOurs(): boolean {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    // Kernels before 4.1 tell only the one that it has there.
    const [, pids] = /^NSpid:\s*(.+)$/m.exec(status) ?? /^Pid:\s*(.+)$/m.exec(status) ?? [];
    return pids === String(process.pid);
  } catch {
    return false;
  }
}
