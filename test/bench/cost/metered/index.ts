import type { Env } from "../../../../src/env.ts";
import service, {
  BulkCancelObject as RealBulkCancelObject,
  DirectoryObject as RealDirectoryObject,
  QueueObject as RealQueueObject,
  TaskObject as RealTaskObject,
  WebhookObject as RealWebhookObject,
  WebhookRegistryObject as RealWebhookRegistryObject,
} from "../../../../src/index.ts";
import { meter, meterFetch, meterHandlers } from "./meter.ts";

const OBJECT_CLASSES = [
  RealTaskObject,
  RealQueueObject,
  RealDirectoryObject,
  RealBulkCancelObject,
  RealWebhookObject,
  RealWebhookRegistryObject,
];
for (const objectClass of OBJECT_CLASSES) meterHandlers(objectClass);

/** The service's own task object, and the meter sees what it does. */
export class TaskObject extends RealTaskObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this, ctx);
  }
}

/** Its queue object, seen by the meter as well. */
export class QueueObject extends RealQueueObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this, ctx);
  }
}

/** A part of its directory, seen by the meter as well. */
export class DirectoryObject extends RealDirectoryObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this, ctx);
  }
}

/** Its cancel of many tasks, seen by the meter as well. */
export class BulkCancelObject extends RealBulkCancelObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this, ctx);
  }
}

/** Its webhook, seen by the meter as well. */
export class WebhookObject extends RealWebhookObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this, ctx);
  }
}

/** Its list of all webhooks, seen by the meter as well. */
export class WebhookRegistryObject extends RealWebhookRegistryObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    meter.constructed(this, ctx);
  }
}

export default { fetch: meterFetch<Env>(service.fetch) } satisfies ExportedHandler<Env>;
