import type * as v from "valibot";
import { type Parsed, parseFields, unknownName } from "./body.ts";
import { ProblemError } from "./problem.ts";
import { parametersOf, show } from "./request.ts";

/**
 * Refuses a query with a parameter that the route does not know, as it would be ignored without a
 * word, or that comes twice. No value is repeated in the problem: it may be a token.
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

/** The parameters of the URL, with exactly these fields. */
export function parseQuery<Fields extends v.ObjectEntries>(
  request: Request,
  fields: Fields,
): Parsed<Fields> {
  return parseFields(Object.fromEntries(parametersOf(request)), fields, "parameter");
}
