import { onTestFinished, vi } from "vitest";

/** What the service logs as an error during this test; it does not reach the terminal. */
export function loggedErrors(): readonly unknown[][] {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  return log.mock.calls;
}
