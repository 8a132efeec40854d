import { readdirSync, readFileSync } from "node:fs";
import { eventually } from "../client/suite/harness.ts";

/** Waits until a process has done all that it was woken up for. */
export async function untilIdle(pid: number): Promise<void> {
  await eventually(
    async () => isIdle(pid),
    (is) => is,
  );
}

const NO_SIGNALS = /^0+$/;

/**
 * Whether a process has done all that it was woken up for: no signal is on its way to it, and each
 * of its threads sleeps. A signal that comes before that may be one with another.
 */
function isIdle(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const status = statusOf(pid, thread);
    // It has ended meanwhile, which something may have been told of.
    if (status === null) return false;
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\w+)`, "m").exec(status)?.[1] ?? "";
    const hasSignals = ["SigPnd", "ShdPnd"].some((name) => !NO_SIGNALS.test(field(name)));
    return field("State") === "S" && !hasSignals;
  });
}

function statusOf(pid: number, thread: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
  } catch {
    return null;
  }
}

/** The threads of a process that have not ended, whether its main one has or not. */
export function livingThreadsOf(pid: number): number[] {
  return threadsOf(pid).filter((thread) => {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"));
    } catch {
      return false;
    }
  });
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** The number of `exit`, which ends one thread and leaves the others, as `pthread_exit` does. */
const SYS_EXIT = process.arch === "arm64" ? 93 : 60;

/**
 * For `sh -c`: a process that says its pid, and whose main thread then ends, and no other. It is of
 * Deno, which comes with the project, has threads, and can call the kernel.
 */
export const WITHOUT_MAIN_THREAD = `deno eval '
  const call = { parameters: ["i64", "i64"], result: "i64" };
  const { symbols } = Deno.dlopen("libc.so.6", { syscall: call });
  Deno.stdout.writeSync(new TextEncoder().encode("pid " + Deno.pid + "\\n"));
  symbols.syscall(${SYS_EXIT}n, 0n);
'`;
