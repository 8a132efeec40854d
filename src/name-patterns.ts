/**
 * Whether one of a token's patterns names a task or a queue: a name as it is, or the beginning of names
 * that ends in `*`.
 */
export function isNamed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}
