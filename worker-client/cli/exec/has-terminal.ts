import { closeSync, openSync } from "node:fs";

/** Whether there is a terminal that sends Ctrl-C here, wherever stdin comes from. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
