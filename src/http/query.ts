import type * as v from "valibot";
import { type Parsed, parseFields, unknownName } from "./body.ts";
import { ProblemError } from "./problem.ts";
import { parametersOf, show } from "./request.ts";

/**
 * Rejects a query with a parameter that is repeated, or unknown to the route, which would silently
 * ignore it. The problem quotes no value: it may be a token.
 */
export function requireKnownParameters(request: Request, known: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of parametersOf(request).keys()) {
    if (!known.includes(name)) throw unknownName("parameter", name, known);
    if (seen.has(name)) {
      throw new ProblemError("bad-request", `The parameter ${show(name)} comes twice: send one.`);
    }
    seen.add(name);
  }
}

/** Returns the parameters of the URL, which may have these fields and no others. */
export function parseQuery<Fields extends v.ObjectEntries>(
  request: Request,
  fields: Fields,
): Parsed<Fields> {
  return parseFields(Object.fromEntries(parametersOf(request)), fields, "parameter");
}
