import { setTimeout as sleep } from "node:timers/promises";

const ASK_EVERY_MS = 50;
const PATIENCE_MS = 10_000;

/** Asks again and again until the answer is yes; throws when that takes more than 10 s. */
export async function until(what: string, ask: () => Promise<boolean> | boolean): Promise<void> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (!(await ask())) {
    if (performance.now() > giveUpAtMs) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await sleep(ASK_EVERY_MS);
  }
}
