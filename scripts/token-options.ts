import { parseArgs } from "node:util";
import { readScope } from "../worker-client/cli/read-scope.ts";
import { readSubject } from "../worker-client/cli/read-subject.ts";
import type { Grant } from "../worker-client/cli/sign-token.ts";
import { durationSeconds } from "./duration-seconds.ts";
import { readTaskPatterns } from "./read-task-patterns.ts";

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
      sub: { type: "string" },
      scope: { type: "string" },
      tasks: { type: "string", multiple: true, default: [] },
      ttl: { type: "string", default: "1h" },
      "secret-file": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  return {
    grant: {
      subject: readSubject(values.sub),
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
