import { setTimeout as sleep } from "node:timers/promises";
import type { RecordedClient } from "./recorded-client.ts";

/** Longer than any timer of the lab, and than the invariants let one be late. */
const PATIENCE_MS = 13_000;
const ASK_EVERY_MS = 25;

/** Looks at a task until it has ended, or until it should have long ago. */
export async function untilEnded(tasks: RecordedClient, id: string): Promise<void> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  while ((await tasks.get(id))?.endedAt === null && Date.now() < giveUpAtMs) {
    await sleep(ASK_EVERY_MS);
  }
}
