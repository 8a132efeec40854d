import type { Scope } from "../src/auth/scope.ts";

const ALL: { readonly [scope in Scope]: true } = {
  watch: true,
  work: true,
  cancel: true,
  declare: true,
  admin: true,
};
const SCOPES = Object.keys(ALL);

/** A token's scope as a user wrote it, without what is said twice. Throws one clear line otherwise. */
export function readScope(text: string): string {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  for (const word of words) {
    if (SCOPES.includes(word)) continue;
    throw new Error(`--scope has no "${word}": there are ${SCOPES.join(", ")}`);
  }
  if (words.length > 0) return [...new Set(words)].join(" ");
  throw new Error(`--scope must say what the token allows, out of ${SCOPES.join(", ")}`);
}
