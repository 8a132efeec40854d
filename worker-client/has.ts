/** Whether a value is an object with such a property. */
export function has<Name extends string>(
  value: unknown,
  name: Name,
): value is { readonly [name in Name]: unknown } {
  return typeof value === "object" && value !== null && name in value;
}
