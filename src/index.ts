import type { Env } from "./env.ts";
import { router } from "./routes/router.ts";

export { BulkCancelObject } from "./directory/bulk-object.ts";
export { DirectoryObject } from "./directory/directory-object.ts";
export { QueueObject } from "./queues/queue-object.ts";
export { TaskObject } from "./tasks/task-object.ts";
export { WebhookObject, WebhookRegistryObject } from "./webhooks/webhook-object.ts";

export default { fetch: router.fetch } satisfies ExportedHandler<Env>;
