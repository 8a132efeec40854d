// The article's two routes, built on Durable Objects as one would at first: what does that cost?

import { meterFetch, meterHandlers } from "../metered/meter.ts";
import { NaiveTask } from "./naive-task.ts";

interface Env {
  readonly TASKS: DurableObjectNamespace<NaiveTask>;
}

meterHandlers(NaiveTask);

export { NaiveTask };

async function answer(request: Request, env: Env): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const [, route, id = ""] = pathname.split("/");
  const task = env.TASKS.getByName(id);
  switch (route) {
    case "cancel-task":
      await task.cancel();
      return new Response("ok");
    case "watch-task":
      return new Response(String(await task.watch(Number(searchParams.get("wait")))));
    default:
      return new Response(null, { status: 404 });
  }
}

export default { fetch: meterFetch(answer) } satisfies ExportedHandler<Env>;
