import { SCOPES } from "../protocol.ts";
import { UsageError } from "./usage-error.ts";

/** A token's scope as `--scope` says, without what is said twice. Throws a `UsageError` otherwise. */
export function readScope(text = ""): string {
  const words = new Set(text.split(/[\s,]+/).filter((word) => word !== ""));
  for (const word of words) {
    if (SCOPES.some((scope) => scope === word)) continue;
    throw new UsageError(`--scope has no "${word}": there are ${SCOPES.join(", ")}`);
  }
  if (words.size > 0) return [...words].join(" ");
  throw new UsageError(`--scope must say what the token allows, out of ${SCOPES.join(", ")}`);
}
