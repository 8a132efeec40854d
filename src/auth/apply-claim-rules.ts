import type { JWTPayload } from "jose";
import type { ClaimRule } from "./claim-rule.ts";
import { PLACEHOLDER } from "./placeholder.ts";

/** The claims in the words of this service, as the first rule says that matches. None: it may nothing. */
export function applyClaimRules(rules: readonly ClaimRule[], claims: JWTPayload): JWTPayload {
  for (const rule of rules) {
    const captured = capture(rule, claims);
    if (captured === null) continue;
    const tasks = rule.tasks.map((task) =>
      task.replace(PLACEHOLDER, (_, name) => inTaskId(captured.get(name) ?? "")),
    );
    return { ...claims, scope: rule.scope, tasks };
  }
  return { ...claims, scope: "", tasks: [] };
}

/** What stands in the claims where the rule has `{name}`; null if a claim is not as the rule has it. */
function capture({ claims: patterns }: ClaimRule, claims: JWTPayload): Map<string, string> | null {
  const captured = new Map<string, string>();
  for (const [claim, pattern] of Object.entries(patterns)) {
    const value = claims[claim];
    // Halves of a character would all be escaped alike.
    const isText = typeof value === "string" && value.isWellFormed();
    const match = isText ? toRegExp(pattern).exec(value) : null;
    if (match === null) return null;
    for (const [name, text] of Object.entries(match.groups ?? {})) captured.set(name, text);
  }
  return captured;
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .split(PLACEHOLDER)
    .map((part, index) => (index % 2 === 0 ? RegExp.escape(part) : `(?<${part}>[^:]+)`));
  return new RegExp(`^${source.join("")}$`, "u");
}

/**
 * A claim's text inside a task id. What ids cannot have, and what has a meaning there, is escaped
 * byte by byte (`feature/x` is `feature~2Fx`), so that no two texts become the same.
 */
function inTaskId(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w.-]/.test(character)
      ? character
      : `~${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
