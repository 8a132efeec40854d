import { taskIds } from "./task-ids.ts";
import { UsageError } from "./usage-error.ts";

/** The task that a command was called with, where it takes one. */
export function taskId(positionals: readonly string[], example: string): string {
  const [id = "", other] = taskIds(positionals, example);
  if (other === undefined) return id;
  throw new UsageError(`name one task, not ${positionals.length}: ${example}`);
}
