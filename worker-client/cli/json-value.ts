import type { JsonValue } from "../index.ts";
import { UsageError } from "./usage-error.ts";

/** What was given as JSON with a flag. */
export function jsonValue(text: string, name: string, example: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    throw new UsageError(`${name} must be JSON, such as '${example}', not "${text}"`);
  }
}
