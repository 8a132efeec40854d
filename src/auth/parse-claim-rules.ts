import * as v from "valibot";
import type { ClaimRule } from "./claim-rule.ts";
import { PLACEHOLDER } from "./placeholder.ts";

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
/** What can name a group of a regular expression, which a pattern becomes. */
const NAME = /^[A-Za-z_]\w*$/;

/** The rules in `AUTH_CLAIMS`; null if it is no list of rules, or a rule cannot be meant as it is. */
export function parseClaimRules(text: string): readonly ClaimRule[] | null {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), RULES), text);
  if (!result.success || !result.output.every(isSound)) return null;
  return result.output;
}

/** What the tasks name has to stand in the claims, once, and under a name. */
function isSound({ claims, tasks }: ClaimRule): boolean {
  const captured = namesIn(Object.values(claims).join(" "));
  const isNamedOnce = new Set(captured).size === captured.length;
  const isNamed = captured.every((name) => NAME.test(name));
  return (
    isNamed && isNamedOnce && namesIn(tasks.join(" ")).every((name) => captured.includes(name))
  );
}

function namesIn(text: string): string[] {
  return Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name);
}
