import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { safeText } from "../safe-text.ts";

export { jsonLine, oneLine } from "../safe-text.ts";

/** The escape sequences that begin and end each style. */
const STYLES = {
  red: ["\u001b[31m", "\u001b[39m"],
  green: ["\u001b[32m", "\u001b[39m"],
  yellow: ["\u001b[33m", "\u001b[39m"],
  cyan: ["\u001b[36m", "\u001b[39m"],
  dim: ["\u001b[2m", "\u001b[22m"],
} as const;

/** How a text is shown on a terminal. */
export type Style = keyof typeof STYLES;

/** A part of a line. */
export type Part = string | { readonly text: string; readonly style: Style };

/**
 * A line to be printed. Whatever its texts hold, nothing in them reaches the terminal raw: styles are
 * part of the line and not of a text, so every escape sequence in a text is a foreign one.
 */
export type Line = string | readonly Part[];

/** Prints a line on stdout (1) or stderr (2), with styles if that is a terminal. A live line goes. */
export function printLine(descriptor: 1 | 2, line: Line): void {
  LiveLine.shown?.clear();
  writeText(descriptor, `${render(line, hasStyles(descriptor))}\n`);
}

function render(line: Line, isStyled: boolean): string {
  const parts = typeof line === "string" ? [line] : line;
  return parts
    .map((part) => {
      if (typeof part === "string") return safeText(part);
      const [begin, end] = STYLES[part.style];
      return isStyled ? begin + safeText(part.text) + end : safeText(part.text);
    })
    .join("");
}

/** Whether stdout (1) or stderr (2) is a terminal. */
export function isTerminal(descriptor: 0 | 1 | 2): boolean {
  return isatty(descriptor);
}

/** See https://no-color.org. */
function hasStyles(descriptor: 1 | 2): boolean {
  return isatty(descriptor) && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

const WIDTH_IF_UNKNOWN = 80;

/** How many characters fit in a line of stdout; Infinity if it is not a terminal. */
export function lineWidth(): number {
  return isatty(1) ? process.stdout.columns || WIDTH_IF_UNKNOWN : Number.POSITIVE_INFINITY;
}

/** The beginning of a line, as much as fits in a width. */
export function fitLine(line: Line, width: number): Line {
  let left = width;
  return (typeof line === "string" ? [line] : line).map((part) => {
    const { text, ...style } = typeof part === "string" ? { text: part } : part;
    // Not by UTF-16 units, which would cut a character in two.
    const characters = Array.from(safeText(text)).slice(0, left);
    left -= characters.length;
    const fitting = characters.join("");
    return "style" in style ? { text: fitting, ...style } : fitting;
  });
}

const WAIT_MS = 5;
const MAX_WAITS = 2000;

/**
 * Writes to stdout (1) or stderr (2), and only through the descriptor. `process.stdout` and
 * `process.stderr` would make a pipe non-blocking, and with it the very pipe that a command of
 * `exec` has inherited, whose writes would then fail. If nobody reads any more, it does nothing.
 * It writes the text as it is: `printLine` makes lines safe.
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

/** Takes back the last lines that were printed on a terminal. */
export function takeBack(count: number): void {
  if (count > 0) writeText(1, `\u001b[${count}A\u001b[J`);
}

/** How many lines the terminal has; without one, as many as there are. */
export function height(): number {
  return isatty(1) ? process.stdout.rows || Number.POSITIVE_INFINITY : Number.POSITIVE_INFINITY;
}

const CLEAR = "\r\u001b[K";

/**
 * The line at the bottom of a terminal that is overwritten again and again, and that goes when a line is
 * printed. A pipe has none.
 */
export class LiveLine {
  /** The one that is on the terminal; null if none is. */
  static shown: LiveLine | null = null;
  readonly #isThere: boolean;

  constructor(isWanted: boolean) {
    this.#isThere = isWanted && isatty(1);
  }

  show(line: Line): void {
    if (!this.#isThere) return;
    // A line that is too long would wrap, and then it could not be overwritten.
    writeText(1, CLEAR + render(fitLine(line, lineWidth() - 1), hasStyles(1)));
    LiveLine.shown = this;
  }

  clear(): void {
    if (LiveLine.shown !== this) return;
    writeText(1, CLEAR);
    LiveLine.shown = null;
  }
}
