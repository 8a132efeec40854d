import * as v from "valibot";
import { ProblemError } from "./problem-error.ts";
import { readBody } from "./read-body.ts";
import { show } from "./show.ts";

type Body<Fields extends v.ObjectEntries> = v.InferOutput<v.StrictObjectSchema<Fields, undefined>>;

/** The JSON body with exactly these fields. No body is the same as `{}`. */
export async function parseBody<Fields extends v.ObjectEntries>(
  request: Request,
  fields: Fields,
): Promise<Body<Fields>> {
  const body = parseObject(await readBody(request));
  const result = v.safeParse(v.strictObject(fields), body, { abortEarly: true });
  if (result.success) return result.output;
  throw new ProblemError("bad-request", describe(result.issues[0], Object.keys(fields)));
}

function parseObject(text: string): object {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProblemError(
      "bad-request",
      `The body is not JSON: ${show(text)}. Send a JSON object, or no body.`,
      { cause },
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new ProblemError("bad-request", `The body must be a JSON object, not ${show(value)}.`);
}

function describe(issue: v.BaseIssue<unknown>, known: string[]): string {
  const field = show(issue.path?.[0]?.key);
  if (issue.type !== "strict_object") {
    return `The field ${field} ${issue.message}, not ${show(issue.input)}.`;
  }
  if (issue.expected !== "never") return `The field ${field} is missing.`;
  const right = known.length === 0 ? "there are none" : `the fields are ${known.join(", ")}`;
  return `The field ${field} is unknown: ${right}.`;
}
