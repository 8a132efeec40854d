// Cancels a task, for a button or a chat command such as "/cancel train-7". The Worker keeps the token, so
// that no browser or chat has it.
import { TaskClient } from "edge-canceler";

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response("send a POST\n", { status: 405 });
    // Cloudflare Access sets this header. Trust it only if every request comes through Access: give the
    // Worker no workers.dev address. A chat signs its requests instead: check the signature.
    const who = request.headers.get("Cf-Access-Authenticated-User-Email");
    if (who === null) return new Response("sign in first\n", { status: 401 });
    const { id, reason } = await request.json();
    const tasks = new TaskClient({ url: env.EDGE_CANCELER_URL, token: env.EDGE_CANCELER_TOKEN });
    const task = await tasks.cancel(id, {
      reason: `${who}: ${reason ?? "no reason"}`,
      waitSeconds: 20,
    });
    return Response.json({
      status: task.status,
      // Whether the worker reported that it stopped.
      acknowledged: task.cancellation?.acknowledgedAt !== null,
    });
  },
};
