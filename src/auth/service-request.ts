import type { IRequestStrict } from "itty-router";
import type { Caller } from "./caller.ts";

/** A request on its way through the router. */
export interface ServiceRequest extends IRequestStrict {
  /** Date.now() when it came. */
  receivedAtMs?: number;
  /** Who makes it, once that is known. */
  caller?: Caller;
}
