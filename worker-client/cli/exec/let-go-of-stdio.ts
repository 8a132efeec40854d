import { closeSync, openSync } from "node:fs";

const MODES = ["r", "w", "w"] as const;

/**
 * Lets go of stdin (0), stdout (1) or stderr (2): whoever reads from the command, or writes to it,
 * learns at once that it has closed its side; and Node, which would put a terminal's settings back
 * when it ends, leaves them alone, for they are another program's by then if `exec` ran in the
 * background. Deno holds on to them, and puts nothing back.
 */
export function letGoOfStdio(descriptors: readonly (0 | 1 | 2)[]): void {
  if (process.versions["deno"]) return;
  for (const descriptor of descriptors) {
    try {
      closeSync(descriptor);
      // It gets the lowest number that is free: this one.
      openSync("/dev/null", MODES[descriptor]);
    } catch {
      // It was closed from the start.
    }
  }
}
