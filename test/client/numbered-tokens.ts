import { type Mock, vi } from "vitest";

/** A token function that answers `token-1`, `token-2` and so on. */
export function numberedTokens(): Mock<() => string | Promise<string>> {
  let asked = 0;
  return vi.fn(() => `token-${++asked}`);
}
