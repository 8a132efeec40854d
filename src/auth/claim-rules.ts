import type { JWTPayload } from "jose";
import * as v from "valibot";
import { escapeTaskId } from "../../worker-client/task-id.ts";

/**
 * What an issuer's token allows if its claims match. In a claim's pattern, `{name}` matches one or more
 * characters other than `:`; `{name}` in `tasks` and `queues` inserts what it matched.
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
  readonly queues: readonly string[];
}

/** `{name}`, which captures in a claim's pattern and is replaced in tasks and queues. */
const PLACEHOLDER = /\{(\w*)\}/g;
const NAME = /^[A-Za-z_]\w*$/;
/** Two placeholders in a row are ambiguous: nothing says where the first one ends. */
const NEIGHBOURS = /\{\w*\}\{\w*\}/;
/** A longer claim matches no pattern. */
const MAX_CLAIM_CHARACTERS = 1024;

const RULES = v.array(
  v.strictObject({
    claims: v.pipe(
      v.record(v.string(), v.string()),
      v.check((claims) => Object.keys(claims).length > 0),
    ),
    scope: v.string(),
    tasks: v.optional(v.array(v.string()), []),
    queues: v.optional(v.array(v.string()), []),
  }),
);

/** Returns the rules in `AUTH_CLAIMS`, or null if it is not a list of valid rules. */
export function parseClaimRules(text: string): readonly ClaimRule[] | null {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), RULES), text);
  if (!result.success || !result.output.every(isSound)) return null;
  return result.output;
}

/** Whether no pattern is ambiguous, each name is captured once, and tasks and queues use captured names only. */
function isSound({ claims, tasks, queues }: ClaimRule): boolean {
  const patterns = Object.values(claims);
  const names = patterns.flatMap(namesIn);
  return (
    patterns.every((pattern) => pattern.isWellFormed() && !NEIGHBOURS.test(pattern)) &&
    names.every((name) => NAME.test(name)) &&
    new Set(names).size === names.length &&
    [...tasks, ...queues].flatMap(namesIn).every((name) => names.includes(name))
  );
}

function namesIn(text: string): string[] {
  return Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name);
}

/** Returns the claims with what the first matching rule allows, or with nothing if no rule matches. */
export function applyClaimRules(rules: readonly ClaimRule[], claims: JWTPayload): JWTPayload {
  for (const rule of rules) {
    const captured = capture(rule, claims);
    if (captured === null) continue;
    const filled = (text: string) =>
      text.replace(PLACEHOLDER, (_, name) => inTaskId(captured.get(name) ?? ""));
    const [tasks, queues] = [rule.tasks.map(filled), rule.queues.map(filled)];
    return { ...claims, scope: rule.scope, tasks, queues };
  }
  return { ...claims, scope: "", tasks: [], queues: [] };
}

/** Returns what each `{name}` of a rule captures, or null if a claim does not match. */
function capture({ claims: patterns }: ClaimRule, claims: JWTPayload): Map<string, string> | null {
  const captured = new Map<string, string>();
  for (const [claim, pattern] of Object.entries(patterns)) {
    const value = claims[claim];
    // A lone surrogate has no bytes to escape: all of them would become the same.
    const isText = typeof value === "string" && value.isWellFormed();
    if (!isText || value.length > MAX_CLAIM_CHARACTERS) return null;
    const texts = matchPattern(pattern, value);
    if (texts === null) return null;
    for (const [name, text] of texts) captured.set(name, text);
  }
  return captured;
}

/**
 * Returns what each placeholder of a pattern captures from a text, or null if the text does not match.
 * Matches from the end and puts each literal as late as possible, so earlier placeholders capture as much
 * as they can. It never backtracks, so the cost grows only with the length of the text.
 */
function matchPattern(pattern: string, text: string): [name: string, text: string][] | null {
  // Literals and names alternate, with a literal first and last.
  const parts = pattern.split(PLACEHOLDER);
  const [first = "", ...rest] = parts;
  if (rest.length === 0) return text === first ? [] : null;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last)) return null;
  const found: [string, string][] = [];
  let end = text.length - last.length;
  while (rest.length > 0) {
    const name = rest.pop() ?? "";
    const literal = rest.pop();
    // Leave at least one character for the placeholder. The first literal is at the start.
    const start = literal === undefined ? 0 : text.lastIndexOf(literal, end - 1 - literal.length);
    const from = start + (literal ?? first).length;
    const captured = text.slice(from, end);
    if (start < 0 || from >= end || captured.includes(":")) return null;
    found.push([name, captured]);
    end = start;
  }
  return found;
}

/**
 * Escapes a claim's text as the client and the command escape an id, so that a job can name its task
 * after its branch. Escapes `~` too, so that no two texts become the same. No text contains a `:`, so
 * none can extend beyond its place in the id.
 */
function inTaskId(text: string): string {
  return escapeTaskId(text.replaceAll("~", "~7E"));
}
