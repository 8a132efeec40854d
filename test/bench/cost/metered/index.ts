import type { Env } from "../../../../src/env.ts";
import service, {
  DirectoryObject as RealDirectoryObject,
  QueueObject as RealQueueObject,
  TaskObject as RealTaskObject,
} from "../../../../src/index.ts";

// Each object that the meter does not look into.
export * from "../../../../src/index.ts";

import { meter, meterFetch, meterHandlers, meterStorage } from "./meter.ts";

meterHandlers(RealTaskObject);
meterHandlers(RealQueueObject);
meterHandlers(RealDirectoryObject);

/** The service's own task object, and the meter sees what it does. */
export class TaskObject extends RealTaskObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this);
    meterStorage(ctx.storage);
  }
}

/** The service's own queue object, and the meter sees what it does. */
export class QueueObject extends RealQueueObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this);
    meterStorage(ctx.storage);
  }
}

/** The directory's own object, and the meter sees what it does. */
export class DirectoryObject extends RealDirectoryObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this);
    meterStorage(ctx.storage);
  }
}

export default { fetch: meterFetch<Env>(service.fetch) } satisfies ExportedHandler<Env>;
