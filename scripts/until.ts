const ASK_EVERY_MS = 10;
const PATIENCE_MS = 30_000;

/** Polls until the answer is right, and returns it. */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  isRight: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

/** Polls until the answer is true. After 30 s, throws an error that says what did not happen. */
export async function until(what: string, ask: () => Promise<boolean> | boolean): Promise<void> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  await eventually(async () => {
    if (await ask()) return true;
    if (performance.now() > giveUpAtMs) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    return false;
  }, Boolean);
}
