import type { Load } from "./load.ts";

/** What was answered so much sooner than asked for was not parked at all. */
const PARKED_AT_LEAST = 0.5;

/**
 * Watches every task as a loop of curl does, until the signal aborts; rejects at the first answer
 * that a watch of an idle task must not get, so that no loop can spin.
 */
export async function watchByPolls(load: Load, waitSeconds: number): Promise<void> {
  const { url, ids, signal } = load;
  const poll = async (id: string) => {
    const askedAtMs = performance.now();
    const response = await fetch(`${url}/watch-task/${id}?wait=${waitSeconds}`, { signal });
    const answer = await response.text();
    const parkedMs = performance.now() - askedAtMs;
    if (answer !== "false" || parkedMs < PARKED_AT_LEAST * waitSeconds * 1000) {
      throw new Error(`a poll was answered "${answer}" after ${Math.round(parkedMs)} ms`);
    }
  };
  await Promise.all(
    ids.map(async (id) => {
      while (!signal.aborted) await poll(id);
    }),
  ).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
