import { spawnSync } from "node:child_process";
import { writeText } from "../terminal.ts";

/** A reader that takes a line at all takes it at once. */
const WITHIN_MS = 1000;

/**
 * Prints a line on stderr, or gives it up: a pipe that is full and that nobody reads, or a terminal
 * that Ctrl-S has halted, holds up whoever writes to it, and `exec` has a command to stop. Only
 * another process can be held up in its place, because stderr is the command's own too and cannot
 * be made non-blocking.
 */
export function tellBriefly(line: string): void {
  const text = `edge-canceler: ${line}\n`;
  const { status, signal } = spawnSync("cat", [], {
    input: text,
    stdio: ["pipe", 2, "ignore"],
    timeout: WITHIN_MS,
    killSignal: "SIGKILL",
  });
  // There is no cat(1), or Ctrl-C has hit it.
  if (status !== 0 && signal !== "SIGKILL") writeText(2, text);
}
