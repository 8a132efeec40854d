import type { Entry } from "../history/entry.ts";

/** A wait that is so much longer than it should be counts as one that is never over. */
const PATIENCE_MS = 13_000;

interface Options {
  readonly url: string;
  readonly id: string;
  readonly revision: number;
  readonly waitMs: number;
  readonly note: (entry: Entry) => void;
}

/** Polls once, and writes down how long that took. */
export async function recordPoll({ url, id, revision, waitMs, note }: Options): Promise<void> {
  const call = `the poll of ${id} that begins at ${Date.now()}`;
  const operation = "poll";
  note({ kind: "asked", atMs: Date.now(), call, operation, id, attempt: null, waitMs });
  try {
    const response = await fetch(
      `${url}/v1/tasks/${id}?revision=${revision}&wait=${waitMs / 1000}`,
      { signal: AbortSignal.timeout(waitMs + PATIENCE_MS) },
    );
    await response.body?.cancel();
    if (response.status === 304) note({ kind: "unchanged", atMs: Date.now(), call });
  } catch {
    // The service was killed, or the wait never ended; which, the time tells.
    note({ kind: "unanswered", atMs: Date.now(), call });
  }
}
