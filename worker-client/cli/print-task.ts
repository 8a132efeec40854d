import type { TaskState } from "../index.ts";
import type { CommandContext } from "./command-context.ts";
import { jsonLine } from "./json-line.ts";
import { statusLine } from "./status-line.ts";

/** Prints a task in one line: JSON for machines, and for people in the words of `show`. */
export function printTask(
  { json, print }: CommandContext,
  task: TaskState,
  show: (task: TaskState) => string = statusLine,
): void {
  print(json ? jsonLine(task) : show(task));
}
