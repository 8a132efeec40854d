/** Throws, and says what it is, unless a value is an instance of a class. */
export function checkInstance<Instance>(
  value: unknown,
  type: new (...parts: never[]) => Instance,
): asserts value is Instance {
  if (value instanceof type) return;
  throw new Error(`it is ${value} and should be a ${type.name}`, { cause: value });
}
