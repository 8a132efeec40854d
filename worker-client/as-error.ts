import { textOf } from "./text-of.ts";

/** What was thrown, as an error if it is none. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}
