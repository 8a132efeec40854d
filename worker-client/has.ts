/** Whether a value, whatever it is, has such a property. */
export function has<Name extends string>(
  value: unknown,
  name: Name,
): value is { readonly [name in Name]: unknown } {
  return name in Object(value);
}
