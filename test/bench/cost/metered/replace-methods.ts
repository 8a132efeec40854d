type Call = (self: object, args: unknown[]) => unknown;

/** Puts something else in the place of every method of a prototype; `replace` is given the method. */
export function replaceMethods(
  prototype: object,
  replace: (name: string, method: Call) => Call,
): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const method: unknown = property.value;
    if (name === "constructor" || typeof method !== "function") continue;
    const replacement = replace(name, (self, args) => Reflect.apply(method, self, args));
    Object.defineProperty(prototype, name, {
      ...property,
      value(this: object, ...args: unknown[]) {
        return replacement(this, args);
      },
    });
  }
}
