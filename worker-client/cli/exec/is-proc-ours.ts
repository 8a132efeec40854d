import { readFileSync } from "node:fs";

/**
 * Whether the numbers in /proc are those that signals are sent by. In a PID namespace that was made
 * without a /proc of its own, the one of the outer namespace is seen, where every process has
 * another number, and this one several.
 */
export function isProcOurs(): boolean {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    // Kernels before 4.1 tell only the one that it has there.
    const [, pids] = /^NSpid:\s*(.+)$/m.exec(status) ?? /^Pid:\s*(.+)$/m.exec(status) ?? [];
    return pids === String(process.pid);
  } catch {
    return false;
  }
}
