/** Throws, and says both, unless two values are the same when written as JSON. */
export function check(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`it is ${is} and should be ${should}`);
}
