/** What a percent-encoded part of a URL stands for; null if an escape in it is malformed. */
export function decodeComponent(component: string): string | null {
  try {
    return decodeURIComponent(component);
  } catch {
    return null;
  }
}
