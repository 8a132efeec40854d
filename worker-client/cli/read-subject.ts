import { MAX_SUBJECT_CHARACTERS } from "../protocol.ts";
import { UsageError } from "./usage-error.ts";

/** Who a token is for, as `--sub` says. Throws a `UsageError` for what the service would not accept. */
export function readSubject(text = ""): string {
  if (text !== "" && text.length <= MAX_SUBJECT_CHARACTERS) return text;
  throw new UsageError(
    `--sub must say who the token is for, in 1 to ${MAX_SUBJECT_CHARACTERS} characters`,
  );
}
