// The receiver as a Cloudflare Worker: it calls an API that stops the work of a task.
import { webhookReceiver } from "./receiver.js";

export default {
  async fetch(request, env, ctx) {
    if (request.method !== "POST") return new Response("send events by POST\n", { status: 405 });
    const receive = webhookReceiver({
      secret: env.WEBHOOK_SECRET,
      url: env.EDGE_CANCELER_URL,
      token: env.EDGE_CANCELER_TOKEN,
      /** The task's metadata has the name of the job in that API. */
      async stop({ id, metadata }) {
        const { status } = await fetch(env.STOP_URL, {
          method: "POST",
          // The page that a redirect leads to has stopped nothing.
          redirect: "manual",
          headers: {
            "Content-Type": "application/json",
            Authorization: `Bearer ${env.STOP_TOKEN}`,
          },
          body: JSON.stringify({ job: metadata.job ?? id }),
        });
        // A job that is gone has stopped.
        if (status >= 300 && status !== 404) throw new Error(`the API returned ${status}`);
      },
    });
    return receive(request, (work) => ctx.waitUntil(work));
  },
};
