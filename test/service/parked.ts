import { vi } from "vitest";
import { inObject } from "./in-object.ts";

/** Waits until so many watches of a task are parked, no more and no fewer. */
export async function parked(id: string, count: number): Promise<void> {
  const isSo = () =>
    inObject(id, (state) => {
      const open = state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
      return open.length === count;
    });
  await vi.waitUntil(isSo, { interval: 5, timeout: 4000 });
}
