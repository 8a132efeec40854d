import { asError, tellError } from "./errors.ts";
import type { WatchOptions } from "./options.ts";

const AGAIN_AFTER_MS = 60_000;
const AGAIN_AT_LEAST_EVERY_MS = 3_600_000;

/** Reports lasting errors: the same one again after a minute, two, four and so on, up to an hour. */
export class Warnings {
  readonly #options: WatchOptions;
  #text = "";
  #dueAtMs = 0;
  #pauseMs = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  tell(error: unknown): void {
    const nowMs = performance.now();
    const { message } = asError(error);
    const isSame = message === this.#text;
    if (isSame && nowMs < this.#dueAtMs) return;
    this.#text = message;
    this.#pauseMs = isSame ? Math.min(AGAIN_AT_LEAST_EVERY_MS, 2 * this.#pauseMs) : AGAIN_AFTER_MS;
    this.#dueAtMs = nowMs + this.#pauseMs;
    tellError(this.#options, error);
  }
}
