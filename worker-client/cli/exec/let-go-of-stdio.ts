import { closeSync, openSync } from "node:fs";

/**
 * Lets go of stdin and stdout, once the command has them: whoever reads from the command, or writes
 * to it, then learns at once that it has closed its side. Deno holds on to them.
 */
export function letGoOfStdio(): void {
  if (process.versions["deno"]) return;
  for (const [descriptor, mode] of [
    [0, "r"],
    [1, "w"],
  ] as const) {
    try {
      closeSync(descriptor);
      // It gets the lowest number that is free: this one.
      openSync("/dev/null", mode);
    } catch {
      // It was closed from the start.
    }
  }
}
