import type { Load } from "./load.ts";

/** Watches every task by server-sent events until the signal aborts; rejects if a stream ends. */
export async function watchByEvents({ url, ids, signal }: Load): Promise<void> {
  const headers = { Accept: "text/event-stream" };
  const read = async (id: string) => {
    const { body, status } = await fetch(`${url}/v1/tasks/${id}`, { headers, signal });
    // Comments and events alike: nothing is expected of them here.
    for await (const _ of body ?? []);
    throw new Error(`an event stream (HTTP status ${status}) has ended by itself`);
  };
  await Promise.all(ids.map(read)).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
