import { TaskClient } from "../../../worker-client/index.ts";
import type { Watcher } from "./watcher.ts";

/** A watch of the published client, parked when it has seen its task; it is told when its signal aborts. */
export async function openClientWatch(serviceUrl: string, id: string): Promise<Watcher> {
  const parked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<number>();
  const watch = new TaskClient({ url: serviceUrl }).watch(id, { onChange: () => parked.resolve() });
  watch.signal.addEventListener("abort", () => told.resolve(performance.now()));
  await parked.promise;
  return { toldAtMs: told.promise, close: async () => watch.close() };
}
