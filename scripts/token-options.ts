import { parseArgs } from "node:util";
import { durationSeconds } from "./duration-seconds.ts";
import type { Grant } from "./mint-token.ts";
import { readScope } from "./read-scope.ts";
import { readTaskPatterns } from "./read-task-patterns.ts";

const MAX_SUBJECT_CHARACTERS = 256;
/** A token cannot be taken back: it ends by itself, or with its secret. */
const MAX_TTL_DAYS = 3650;

interface TokenOptions {
  readonly grant: Grant;
  /** Null: the secret is in the environment. */
  readonly secretFile: string | null;
}

/** What to grant, as `npm run token` was asked to; null if the user asks for help. */
export function tokenOptions(args: readonly string[]): TokenOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sub: { type: "string", default: "" },
      scope: { type: "string", default: "" },
      tasks: { type: "string", multiple: true, default: [] },
      ttl: { type: "string", default: "1h" },
      "secret-file": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  if (values.sub === "" || values.sub.length > MAX_SUBJECT_CHARACTERS) {
    throw new Error(
      `--sub must say who the token is for, in 1 to ${MAX_SUBJECT_CHARACTERS} characters`,
    );
  }
  return {
    grant: {
      subject: values.sub,
      scope: readScope(values.scope),
      tasks: readTaskPatterns(values.tasks),
      ttlSeconds: ttlSecondsOf(values.ttl),
    },
    secretFile: values["secret-file"] ?? null,
  };
}

function ttlSecondsOf(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds !== null && seconds > 0 && seconds <= MAX_TTL_DAYS * 86_400) return seconds;
  throw new Error(
    `--ttl must be a time like 90s, 5m, 2h30m or 1d, up to ${MAX_TTL_DAYS}d, not "${text}"`,
  );
}
