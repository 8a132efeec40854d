import * as v from "valibot";
import type { ClaimRule } from "./claim-rule.ts";

const RULES = v.array(
  v.strictObject({
    claims: v.pipe(
      v.record(v.string(), v.string()),
      v.check((claims) => Object.keys(claims).length > 0),
    ),
    scope: v.string(),
    tasks: v.array(v.string()),
  }),
);
const PLACEHOLDER = /\{(\w*)\}/g;

/** The rules in `AUTH_CLAIMS`; null if it is no list of rules, or a rule cannot be meant as it is. */
export function parseClaimRules(text: string): readonly ClaimRule[] | null {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), RULES), text);
  if (!result.success || !result.output.every(isSound)) return null;
  return result.output;
}

/** What the tasks name has to stand in the claims, once. */
function isSound({ claims, tasks }: ClaimRule): boolean {
  const captured = namesIn(Object.values(claims).join(" "));
  const isNamedOnce = new Set(captured).size === captured.length;
  return isNamedOnce && namesIn(tasks.join(" ")).every((name) => captured.includes(name));
}

function namesIn(text: string): string[] {
  return Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name);
}
