import type { Stand } from "../stand.ts";

const TASKS = 50;

/** Lets a service and its generator do everything once before it counts. */
export async function warmUp(stand: Stand): Promise<void> {
  const some = { group: "warm", tasks: TASKS };
  await stand.run(some.group, TASKS, "socket");
  for (const ask of ["read", "cancel", "again"] as const) {
    await stand.load.do({ kind: "ask", ask, ...some, requests: 4 * TASKS, connections: 4 });
  }
  await stand.load.do({ kind: "release" });
}
