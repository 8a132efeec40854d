import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/**
 * What workerd logs when a client leaves before its answer, and when an alarm rings that has been
 * moved meanwhile, which it marks as no news itself.
 */
const NO_NEWS = / disconnected: | warning: NOSENTRY /;
const STACK = /^stack: /;

/** Hands on the service's log line by line, but for what is no news, with the stack below it. */
export function serviceLog(log: Readable, onLine: (line: string) => void): void {
  let wasNoNews = false;
  createInterface({ input: log }).on("line", (line) => {
    const isNoNews = NO_NEWS.test(line) || (wasNoNews && STACK.test(line));
    wasNoNews = NO_NEWS.test(line);
    if (!isNoNews) onLine(line);
  });
}
