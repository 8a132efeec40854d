import { randomBytes } from "node:crypto";
import { type Grant, signToken } from "../worker-client/cli/sign-token.ts";

/** Longer than any demo. */
const TTL_SECONDS = 600;

export interface DemoAccess {
  readonly isClosed: boolean;
  readonly summary: string;
  /** What the service is told about who gets in. */
  readonly vars: Readonly<Record<string, string>>;
  /** A token of the service; undefined where none is asked for. */
  readonly tokenFor: (grant: Omit<Grant, "ttlSeconds">) => Promise<string | undefined>;
}

/** Who gets into the demo's service: whoever has a token, by a secret of this run, or anybody. */
export function demoAccess({ isClosed }: { readonly isClosed: boolean }): DemoAccess {
  if (!isClosed) {
    return {
      isClosed,
      summary: "open: whoever reaches it can cancel anything (npm run demo -- --auth closes it)",
      vars: { AUTH: "none" },
      tokenFor: async () => undefined,
    };
  }
  const secret = randomBytes(32).toString("base64");
  return {
    isClosed,
    summary: "closed: each worker has a token for its own task, you have one for all three",
    vars: { AUTH_SECRET: secret },
    tokenFor: (grant) => signToken(secret, { ...grant, ttlSeconds: TTL_SECONDS }, Date.now()),
  };
}
