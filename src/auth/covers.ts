import type { Caller } from "./caller.ts";

/** Whether a caller's token is good for this task. */
export function covers({ tasks }: Caller, id: string): boolean {
  return tasks.some((pattern) =>
    pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : id === pattern,
  );
}
