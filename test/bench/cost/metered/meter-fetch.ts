import { meter } from "./meter.ts";

type Fetch<Env> = (request: Request, env: Env) => Promise<Response>;

/** A Worker whose requests are counted; `GET /meter` answers the meter's reading, and is not. */
export function meterFetch<Env>(fetch: Fetch<Env>): Fetch<Env> {
  return async (request, env) => {
    if (new URL(request.url).pathname === "/meter") return Response.json(meter.read());
    meter.count("workerRequests");
    return fetch(request, env);
  };
}
