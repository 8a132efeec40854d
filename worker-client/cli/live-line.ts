import { isatty } from "node:tty";
import { writeText } from "./write-text.ts";

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
