import type { JWTPayload } from "jose";
import * as v from "valibot";
import { escapeTaskId } from "../../worker-client/protocol.ts";

/**
 * What the tokens of an issuer allow whose claims are so. In a claim's pattern `{name}` stands for
 * one or more characters but `:`; what stood there can be put into the tasks.
 *
 * @example
 * ```json
 * { "claims": { "repository": "acme/{repo}", "ref": "refs/heads/{branch}" },
 *   "scope": "watch work", "tasks": ["{repo}:{branch}:*"] }
 * ```
 */
interface ClaimRule {
  readonly claims: Readonly<Record<string, string>>;
  readonly scope: string;
  readonly tasks: readonly string[];
}

/** `{name}` in a claim's pattern, which captures, and in a task, where it is put in. */
const PLACEHOLDER = /\{(\w*)\}/g;

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
 * A claim's text inside a task id, escaped as the client and the command escape an id, so that a job
 * can name its task after its branch. `~` and `:` are escaped too: no two texts become the same, and
 * none reaches beyond its place.
 */
function inTaskId(text: string): string {
  return escapeTaskId(text.replaceAll("~", "~7E").replaceAll(":", "~3A"));
}
