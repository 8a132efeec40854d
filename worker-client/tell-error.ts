import { asError } from "./as-error.ts";
import type { WatchOptions } from "./watch-options.ts";

/** In a microtask, where an error of the callback is the caller's and ends or hides nothing. */
export function tellError({ onError = console.warn }: WatchOptions, error: unknown): void {
  queueMicrotask(() => onError(asError(error)));
}
