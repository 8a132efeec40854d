import type { Env } from "../env.ts";
import { ProblemError } from "../http/problem-error.ts";
import { accessOf } from "./access-of.ts";
import { anybody } from "./anybody.ts";
import type { Caller } from "./caller.ts";
import { limitRate } from "./limit-rate.ts";
import { sentToken } from "./sent-token.ts";
import type { ServiceRequest } from "./service-request.ts";

/**
 * Finds out who makes a request. No route behind it is reached by anybody else: 503 if nothing says
 * who may, 401 without a good token.
 */
export async function authenticate(request: ServiceRequest, env: Env): Promise<void> {
  request.caller = await callerOf(request, env);
}

async function callerOf(request: Request, env: Env): Promise<Caller> {
  const access = accessOf(env);
  switch (access.kind) {
    case "open":
      return anybody;
    case "closed":
      throw new ProblemError("closed", access.detail);
    case "tokens": {
      const token = sentToken(request);
      const caller = await access.verifier.callerOf(token);
      await limitRate(token, env);
      return caller;
    }
  }
}
