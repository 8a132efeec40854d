/**
 * Whether any of a token's patterns matches the name of a task or queue. A pattern is an exact name, or
 * a prefix followed by `*`.
 */
export function isNamed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}
