import { writeSync } from "node:fs";
import { isatty } from "node:tty";

export { jsonLine, oneLine } from "../safe-text.ts";

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

const CLEAR = "\r\u001b[K";
const WIDTH_IF_UNKNOWN = 80;

/** The line at the bottom of a terminal that is written over again and again. In a pipe there is none. */
export class LiveLine {
  readonly #isThere: boolean;
  #isShown = false;

  constructor(isWanted: boolean) {
    this.#isThere = isWanted && isatty(1);
  }

  show(text: string): void {
    if (!this.#isThere) return;
    // What is too long would go on in a second line, which cannot be written over.
    const width = (process.stdout.columns || WIDTH_IF_UNKNOWN) - 1;
    writeText(1, CLEAR + text.slice(0, width));
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) writeText(1, CLEAR);
    this.#isShown = false;
  }
}
