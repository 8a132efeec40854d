import type { Env } from "../../../../src/env.ts";
import service, { TaskObject as RealTaskObject } from "../../../../src/index.ts";
import { meter, meterFetch, meterHandlers, meterStorage } from "./meter.ts";

meterHandlers(RealTaskObject);

/** The service's own task object, and the meter sees what it does. */
export class TaskObject extends RealTaskObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this);
    meterStorage(ctx.storage);
  }
}

export default { fetch: meterFetch<Env>(service.fetch) } satisfies ExportedHandler<Env>;
