import { readdirSync, readFileSync } from "node:fs";

/** Linux counts the time of a process in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
const BYTES_PER_KIB = 1024;

/** What a process takes of the machine. */
interface ProcessUsage {
  /** Of all its threads, in user and kernel mode, since it started. */
  readonly cpuSeconds: number;
  /** Memory that is really there. */
  readonly residentBytes: number;
  /** Files, sockets and whatever else it holds open. */
  readonly openFiles: number;
}

/** What a process of this machine takes now. Reads /proc, so it works on Linux only. */
export function processUsage(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, residentKib = ""] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  // The name of the program stands in brackets and may hold anything, so the fields count from there.
  const [, fields = ""] = /.*\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
  const [userTicks = "", kernelTicks = ""] = fields.split(" ").slice(11, 13);
  return {
    cpuSeconds: (Number(userTicks) + Number(kernelTicks)) / TICKS_PER_SECOND,
    residentBytes: Number(residentKib) * BYTES_PER_KIB,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Returns how long the ended children of this process computed, in seconds. Linux only. */
export function endedChildrenCpuSeconds(): number {
  const [, fields = ""] = /.*\) (.*)/s.exec(readFileSync("/proc/self/stat", "utf8")) ?? [];
  const [userTicks = "", kernelTicks = ""] = fields.split(" ").slice(13, 15);
  return (Number(userTicks) + Number(kernelTicks)) / TICKS_PER_SECOND;
}

/** The middle one of several numbers, or the mean of the middle two; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
}
