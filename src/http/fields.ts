import * as v from "valibot";
import {
  cutText,
  type JsonObject,
  type JsonValue,
  MAX_REASON_CHARACTERS,
} from "../../worker-client/protocol.ts";
import {
  TASK_ID_PATTERN,
  TASK_ID_RULE,
  TASK_PREFIX_PATTERN,
  TASK_PREFIX_RULE,
} from "../../worker-client/task-id.ts";

const SECONDS_PER_DAY = 86_400;
const SECONDS_PER_YEAR = 365 * SECONDS_PER_DAY;
const MAX_JSON_BYTES = 4 * 1024;
const MAX_INPUT_BYTES = 64 * 1024;
const MAX_HOLDER_CHARACTERS = 128;
const ATTEMPT = "must be the attempt that start returned (a whole number from 1)";

const ID = `must be a valid id (${TASK_ID_RULE})`;
const PREFIX = `must be the beginning of a task id (${TASK_PREFIX_RULE})`;
const TIME = "must be a time such as 2026-01-31T12:00:00Z";
const START_TIME = "must be at most 365 days from now";
/** A date and a time with a zone. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/**
 * The fields of request bodies. A message completes the sentence "The field x …, not 7."; the value is
 * left out if the message ends with a full stop.
 */
export const fields = {
  timeoutSeconds: seconds(0.001, SECONDS_PER_YEAR),
  gracePeriodSeconds: seconds(0, SECONDS_PER_DAY),
  retentionSeconds: seconds(0, SECONDS_PER_YEAR),
  startWithinSeconds: seconds(0.001, SECONDS_PER_YEAR),
  leaseSeconds: seconds(10, 3600),
  /** A back-off, or the delay until a task may be started again. */
  delaySeconds: seconds(0, SECONDS_PER_DAY),
  maxAttempts: wholeNumber(1, 100),
  flag: v.boolean("must be true or false"),
  holder: text(1, MAX_HOLDER_CHARACTERS),
  // A cancel must not fail because its reason is long.
  reason: v.pipe(
    v.string("must be a string"),
    v.transform((reason) => cutText(reason, MAX_REASON_CHARACTERS)),
  ),
  attempt: v.pipe(v.number(ATTEMPT), v.safeInteger(ATTEMPT), v.minValue(1, ATTEMPT)),
  // Whatever comes out of JSON.parse is JSON.
  json: v.pipe(
    v.custom<JsonValue>((value) => value !== undefined),
    upTo<JsonValue>(MAX_JSON_BYTES),
  ),
  metadata: v.pipe(
    v.custom<JsonObject>(isObject, "must be a JSON object"),
    upTo<JsonObject>(MAX_JSON_BYTES),
  ),
  input: v.pipe(
    v.custom<JsonValue>((value) => value !== undefined),
    upTo<JsonValue>(MAX_INPUT_BYTES),
  ),
  taskId: v.pipe(v.string(ID), v.regex(TASK_ID_PATTERN, ID)),
  /** What the ids of selected tasks begin with. */
  prefix: v.pipe(
    v.string(PREFIX),
    v.nonEmpty("must not be empty."),
    v.regex(TASK_PREFIX_PATTERN, PREFIX),
  ),
  priority: wholeNumber(-9, 9),
  maxRunning: wholeNumber(1, 1_000_000),
  /** The delay until a task may first be started. */
  startDelaySeconds: seconds(0, SECONDS_PER_YEAR),
  time: time(),
  /** When a task may first be started. */
  startTime: v.pipe(
    time(),
    v.check((at) => Date.parse(at) <= Date.now() + SECONDS_PER_YEAR * 1000, START_TIME),
  ),
};

function seconds(least: number, most: number) {
  const message = `must be a number of seconds from ${least} to ${most}`;
  return v.pipe(v.number(message), v.minValue(least, message), v.maxValue(most, message));
}

function text(least: number, most: number) {
  const message = `must be a string of ${least} to ${most} characters`;
  return v.pipe(v.string(message), v.minLength(least, message), v.maxLength(most, message));
}

function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(message),
    v.safeInteger(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
}

function time() {
  return v.pipe(v.string(TIME), v.regex(RFC_3339, TIME), v.check(isDate, TIME));
}

/** Whether the date exists: 31 February would be parsed as 3 March. */
function isDate(time: string): boolean {
  const date = time.slice(0, "2026-01-31".length);
  if (Number.isNaN(Date.parse(time))) return false;
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

/** Whether a value is a JSON object, not an array. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function upTo<Json extends JsonValue>(maxBytes: number) {
  const message = `must be at most ${maxBytes} bytes (${maxBytes / 1024} KiB) of JSON`;
  return v.check<Json, string>(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= maxBytes,
    message,
  );
}
