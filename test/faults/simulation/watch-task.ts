import { Listener } from "./listener.ts";
import { newClient } from "./new-client.ts";
import type { World } from "./world.ts";

/** Somebody who only watches. What it returns closes the watch. */
export function watchTask(world: World): () => void {
  const { random, service } = world;
  const abortAfterSeconds = random.percent(30) ? random.whole(5, 120) : null;
  const listener = new Listener(world, { abortAfterSeconds });
  const watch = newClient(random.percent(60)).watch(service.id, {
    onChange: (task) => {
      listener.change(task);
      if (task.endedAt !== null) world.expectNothingLeft(listener.machine);
    },
    onError: () => {},
    ...(abortAfterSeconds !== null && { onUnreachable: { abortAfterSeconds } }),
  });
  listener.listen(watch.signal);
  return () => {
    listener.close();
    watch.close();
  };
}
