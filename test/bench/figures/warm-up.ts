import type { Bench } from "../bench.ts";
import type { Stand } from "../stand.ts";

/** Lets a service and its generator do everything once before it counts. */
export async function warmUp({ size }: Bench, stand: Stand): Promise<void> {
  const tasks = size.warmUpTasks;
  const some = { group: "warm", tasks };
  await stand.run(some.group, tasks, "socket");
  for (const ask of ["read", "cancel", "again"] as const) {
    await stand.load.do({ kind: "ask", ask, ...some, requests: 4 * tasks, connections: 4 });
  }
  await stand.load.do({ kind: "release" });
}
