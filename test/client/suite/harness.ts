export { eventually } from "../../../scripts/until.ts";

/** Throws, and says both, unless two values are the same when written as JSON. */
export function check(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`it is ${is} and should be ${should}`);
}

/** Throws, and says what it is, unless a value is an instance of a class. */
export function checkInstance<Instance>(
  value: unknown,
  type: new (...parts: never[]) => Instance,
): asserts value is Instance {
  if (value instanceof type) return;
  throw new Error(`it is ${value} and should be a ${type.name}`, { cause: value });
}

/** Waits until a signal aborts, and answers its reason. */
export function abortOf(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    const answer = () => resolve(signal.reason);
    if (signal.aborted) answer();
    else signal.addEventListener("abort", answer, { once: true });
  });
}

/** What a promise rejects with; throws if it resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const answer = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in answer) return answer.error;
  throw new Error(`it resolved with ${JSON.stringify(answer.value)} and should have rejected`);
}

interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}

/** Something to wait for, and the means to end that wait. */
export function latch(): Latch {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
