import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { oneLine, writeText } from "../terminal.ts";

/** A pipe or terminal that anyone reads takes a line in this time. */
const WITHIN_MS = 1000;
const TRY_AGAIN_AFTER_MS = 5;
const MAX_CHARACTERS = 4000;

/**
 * Prints a line on stderr, made safe for a terminal wherever its words come from, or drops it: a full
 * pipe that nobody reads, or a terminal that Ctrl-S has halted, blocks a writer for ever, and `exec` has
 * a command to stop. It never throws.
 */
export function warn(line: string): void {
  try {
    const text = `edge-canceler: ${oneLine(line).slice(0, MAX_CHARACTERS)}\n`;
    const descriptor = reopenStderr();
    if (descriptor === null) {
      writeText(2, text);
      return;
    }
    try {
      writeWithin(descriptor, text);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Nobody reads, or exec is out of descriptors: the command matters more than the message.
  }
}

/**
 * Opens the pipe or terminal behind stderr once more, so that it does not block. Stderr itself stays as
 * it is, because the command writes to it too. Returns null if that cannot be done: for a socket, on
 * other systems than Linux, for another user's terminal. A file never blocks.
 */
function reopenStderr(): number | null {
  try {
    const stat = fstatSync(2);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return null;
    if (process.platform !== "linux") return null;
    return openSync(
      "/proc/self/fd/2",
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    return null;
  }
}

function writeWithin(descriptor: number, text: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const givesUpAtMs = performance.now() + WITHIN_MS;
  for (let left = Buffer.from(text); left.length > 0; ) {
    try {
      left = left.subarray(writeSync(descriptor, left));
    } catch (error) {
      const isFull = error instanceof Error && "code" in error && error.code === "EAGAIN";
      if (!isFull || performance.now() > givesUpAtMs) return;
      Atomics.wait(pause, 0, 0, TRY_AGAIN_AFTER_MS);
    }
  }
}
