import { readdirSync } from "node:fs";
import type { ProcessEntry } from "./process-entry.ts";
import { readProc } from "./read-proc.ts";

interface Stat {
  readonly state: string;
  /** All that follows it. */
  readonly fields: readonly string[];
}

/** A process, as Linux has it in files; null if it has ended, or waits for its parent to notice. */
export function readProcEntry(pid: number): ProcessEntry | null {
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
