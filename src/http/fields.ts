import * as v from "valibot";
import {
  cutText,
  type JsonObject,
  type JsonValue,
  MAX_REASON_CHARACTERS,
} from "../../worker-client/protocol.ts";

const SECONDS_PER_DAY = 86_400;
const SECONDS_PER_YEAR = 365 * SECONDS_PER_DAY;
const MAX_JSON_BYTES = 4 * 1024;
const MAX_HOLDER_CHARACTERS = 128;
const ATTEMPT = "must be the attempt that start returned, a whole number from 1";

/** The fields of request bodies. A message completes the sentence "The field x …". */
export const fields = {
  timeoutSeconds: seconds(0.001, SECONDS_PER_YEAR),
  gracePeriodSeconds: seconds(0, SECONDS_PER_DAY),
  retentionSeconds: seconds(0, SECONDS_PER_YEAR),
  startWithinSeconds: seconds(0.001, SECONDS_PER_YEAR),
  leaseSeconds: seconds(10, 3600),
  /** Of a back-off, or until a task may be started again. */
  delaySeconds: seconds(0, SECONDS_PER_DAY),
  maxAttempts: wholeNumber(1, 100),
  flag: v.boolean("must be true or false"),
  holder: text(1, MAX_HOLDER_CHARACTERS),
  // A cancel must not fail because somebody explains it at length.
  reason: v.pipe(
    v.string("must be a text"),
    v.transform((reason) => cutText(reason, MAX_REASON_CHARACTERS)),
  ),
  attempt: v.pipe(v.number(ATTEMPT), v.safeInteger(ATTEMPT), v.minValue(1, ATTEMPT)),
  // Whatever comes out of JSON.parse is JSON.
  json: v.pipe(
    v.custom<JsonValue>((value) => value !== undefined),
    upTo4Kib<JsonValue>(),
  ),
  metadata: v.pipe(v.custom<JsonObject>(isObject, "must be a JSON object"), upTo4Kib<JsonObject>()),
};

function seconds(least: number, most: number) {
  const message = `must be a number of seconds from ${least} to ${most}`;
  return v.pipe(v.number(message), v.minValue(least, message), v.maxValue(most, message));
}

function text(least: number, most: number) {
  const message = `must be a text of ${least} to ${most} characters`;
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

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function upTo4Kib<Json extends JsonValue>() {
  const message = `must be at most ${MAX_JSON_BYTES} bytes (4 KiB) of JSON`;
  return v.check<Json, string>(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= MAX_JSON_BYTES,
    message,
  );
}
