import type { DeclareRequest } from "../../index.ts";
import type { ExecOptions } from "./exec-options.ts";

/** The service waits so much longer than the command may take, so that the report gets in. */
const MARGIN_SECONDS = 2;
/** The service takes no longer one. */
const LONGEST_GRACE_SECONDS = 86_400;

/** What the service has to know of a task before it is started; null if nothing. */
export function declarationOf(options: ExecOptions): DeclareRequest | null {
  const { timeoutSeconds, graceSeconds } = options;
  if (timeoutSeconds === null && graceSeconds === null) return null;
  return {
    ...(timeoutSeconds !== null && { timeoutSeconds }),
    ...(graceSeconds !== null && {
      gracePeriodSeconds: Math.min(LONGEST_GRACE_SECONDS, graceSeconds + MARGIN_SECONDS),
    }),
  };
}
