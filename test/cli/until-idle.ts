import { eventually } from "../client/suite/eventually.ts";
import { isIdle } from "./is-idle.ts";

/** Waits until a process has done all that it was woken up for. */
export async function untilIdle(pid: number): Promise<void> {
  await eventually(
    async () => isIdle(pid),
    (is) => is,
  );
}
