import type { Readable } from "node:stream";

const PATIENCE_MS = 15_000;

/** What was said so far, and somebody who waits for a word. */
export class Transcript {
  #text = "";
  readonly #listeners = new Set<() => void>();

  follow(stream: Readable): void {
    stream.on("data", (data) => {
      this.#text += data;
      for (const listener of this.#listeners) listener();
    });
  }

  get text(): string {
    return this.#text;
  }

  /** Waits until it matches; answers the first group of the match, or all of it. Throws after 15 s. */
  async match(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) return match[1] ?? match[0];
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          this.#listeners.delete(listener);
          reject(new Error(`${pattern} is not in ${JSON.stringify(this.#text)}`));
        }, PATIENCE_MS);
        const listener = () => {
          clearTimeout(timer);
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }
}
