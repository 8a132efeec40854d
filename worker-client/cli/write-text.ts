import { writeSync } from "node:fs";

const WAIT_MS = 5;
const MAX_WAITS = 2000;

/**
 * Writes to stdout (1) or stderr (2), and only through the descriptor. `process.stdout` and
 * `process.stderr` would make a pipe non-blocking, and with it the very pipe that a command of
 * `exec` has inherited, whose writes would then fail. A reader that has left is no error.
 */
export function writeText(descriptor: 1 | 2, text: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let left = Buffer.from(text);
  for (let waits = 0; left.length > 0 && waits < MAX_WAITS; ) {
    try {
      left = left.subarray(writeSync(descriptor, left));
    } catch (error) {
      // Somebody else has made it non-blocking, and its reader is slow. Anything else: nobody reads.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      waits++;
      Atomics.wait(pause, 0, 0, WAIT_MS);
    }
  }
}
