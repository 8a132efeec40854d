import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type AnyRequest, arbitraryRequest } from "./arbitrary-request.ts";
import { call, loggedErrors } from "./harness.ts";

/** Who waits longer than this leaves. */
const PATIENCE_MS = 100;

it("nothing that a client sends makes a 5xx, or a word in the log", async () => {
  const logged = loggedErrors();
  const seen = new Set<number>();
  await call("GET", "/ping");
  const property = fc.asyncProperty(arbitraryRequest, async (request) => {
    const status = await statusOf(request);
    if (status === null) return;
    seen.add(status);
    expect(status).toBeLessThan(500);
  });
  await fc.assert(property, { numRuns: 200 });
  expect(logged).toEqual([]);
  // It was not all refused at the door.
  expect([...seen]).toEqual(expect.arrayContaining([200, 400, 404]));
}, 60_000);

/** The status of the answer; null: the client lost its patience. */
async function statusOf({ method, path, headers, body }: AnyRequest): Promise<number | null> {
  const client = new AbortController();
  const leave = setTimeout(() => client.abort(), PATIENCE_MS);
  try {
    const { signal } = client;
    const response = await call(method, path, { headers, signal, ...(body && { body }) });
    response.webSocket?.accept();
    response.webSocket?.close();
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    if (client.signal.aborted) return null;
    throw error;
  } finally {
    clearTimeout(leave);
  }
}
