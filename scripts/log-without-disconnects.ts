import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** What workerd logs, with a stack on the next line, when a client leaves before its answer. */
const DISCONNECT = / disconnected: /;
const STACK = /^stack: /;

/** Hands on a log line by line, but for the clients that left: that is not an error. */
export function logWithoutDisconnects(log: Readable, onLine: (line: string) => void): void {
  let wasDisconnect = false;
  createInterface({ input: log }).on("line", (line) => {
    const isNoise = DISCONNECT.test(line) || (wasDisconnect && STACK.test(line));
    wasDisconnect = DISCONNECT.test(line);
    if (!isNoise) onLine(line);
  });
}
