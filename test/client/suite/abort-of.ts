/** Waits until a signal aborts, and answers its reason. */
export function abortOf(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    const answer = () => resolve(signal.reason);
    if (signal.aborted) answer();
    else signal.addEventListener("abort", answer, { once: true });
  });
}
