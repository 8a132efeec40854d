import type { Env } from "./env.ts";
import { router } from "./router.ts";

export { TaskObject } from "./task/task-object.ts";

export default { fetch: router.fetch } satisfies ExportedHandler<Env>;
