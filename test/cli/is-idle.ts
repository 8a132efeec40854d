import { readdirSync, readFileSync } from "node:fs";

const NO_SIGNALS = /^0+$/;

/**
 * Whether a process has done all that it was woken up for: no signal is on its way to it, and each
 * of its threads sleeps. A signal that comes before that may be one with another.
 */
export function isIdle(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\w+)`, "m").exec(status)?.[1] ?? "";
    const hasSignals = ["SigPnd", "ShdPnd"].some((name) => !NO_SIGNALS.test(field(name)));
    return field("State") === "S" && !hasSignals;
  });
}
