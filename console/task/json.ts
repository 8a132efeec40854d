import type { JsonValue } from "../../worker-client/protocol.ts";

const INDENT = 2;
const SHORT_CHARACTERS = 60;

/**
 * Formats a value for people: a string as it is, a short value on one line, a long one on several.
 * Show the result as text, never as HTML.
 */
export function textOfJson(value: JsonValue): string {
  if (typeof value === "string") return value;
  const inLine = JSON.stringify(value);
  if (inLine.length <= SHORT_CHARACTERS) return inLine;
  return JSON.stringify(value, null, INDENT);
}

/** Whether there is something to show. */
export function isThere(value: JsonValue | undefined): value is JsonValue {
  if (value === undefined || value === null) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** The progress as a fraction from 0 to 1, or null if it cannot be drawn. */
export function shareOf(progress: JsonValue): number | null {
  if (typeof progress === "number") return asShare(progress);
  if (progress === null || typeof progress !== "object" || isList(progress)) return null;
  const { percent, percentage, fraction } = progress;
  if (typeof percent === "number") return asShare(percent / 100);
  if (typeof percentage === "number") return asShare(percentage / 100);
  return typeof fraction === "number" ? asShare(fraction) : null;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function asShare(value: number): number | null {
  return value >= 0 && value <= 1 ? value : null;
}
