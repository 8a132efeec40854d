import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { serviceLog } from "../../scripts/service-log.ts";

interface Log {
  readonly requests: readonly string[];
  /** Whatever else it says: there should be nothing. */
  readonly others: readonly string[];
}

/** What a service logs whose output is piped, as far as it has come. */
export function logOf({ stdout, stderr }: ChildProcess): () => Log {
  const requests: string[] = [];
  const others: string[] = [];
  if (!stdout || !stderr) throw new Error("the service's output is not piped");
  createInterface({ input: stdout }).on("line", (line) => {
    (line.startsWith('{"event":"request",') ? requests : others).push(line);
  });
  serviceLog(stderr, (line) => others.push(line));
  return () => ({ requests, others });
}
