import { setTimeout as sleep } from "node:timers/promises";
import type { TaskTree } from "../../index.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { explainUnknown, UsageError } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { statusPart, treePart } from "../task-lines.ts";
import { canOverwrite, height, jsonLine, type Line, LiveLine, type Part } from "../terminal.ts";
import { taskId } from "../values.ts";

const HELP = `Draws a task and what is below it: the tasks that are cancelled with it.

  edge-canceler tree TASK [--depth N] [--once]

  --depth N  how many levels to go down, 0 to 32 (default: 3)
  --once     draw it once. Without it, the drawing follows the tasks on a terminal until all have ended

Examples:
  edge-canceler tree upload-1
  edge-canceler tree upload-1 --depth 1 --once
  edge-canceler tree upload-1 --json | jq '.children[].id'

"… 12 more" are children that are not shown: too many, too deep, not covered by your token, or out of
reach.

Exit code 1 if the task is unknown.`;

const LOOKS_EVERY_MS = 1000;
const DEPTH = /^(?:\d|[12]\d|3[0-2])$/;

export const tree = defineCommand({
  name: "tree",
  summary: "draws a task and what is below it",
  help: HELP,
  options: { depth: { type: "string" }, once: { type: "boolean" } },
  async run(context, line) {
    const id = taskId(line, "edge-canceler tree job-1");
    const { depth, once = false } = line.values;
    if (depth !== undefined && !DEPTH.test(depth)) {
      throw new UsageError(`--depth must be a whole number from 0 to 32, not "${depth}"`);
    }
    const tasks = context.client();
    const look = (signal: AbortSignal) =>
      tasks
        .tree(id, { depth: depth === undefined ? undefined : Number(depth), signal })
        .catch(explainUnknown);
    const { json, print, signal } = context;
    const found = await look(signal);
    if (json) print(jsonLine(found));
    else if (!once && canOverwrite() && !hasEnded(found)) return follow(context, found, look);
    else for (const each of branchLines(found, "", "")) print(each);
    return 0;
  },
});

/** Keeps a drawing up to date until all of it has ended, or a signal ends this process. Returns the exit code. */
async function follow(
  { print, signal }: CommandContext,
  found: TaskTree,
  look: (signal: AbortSignal) => Promise<TaskTree>,
): Promise<number> {
  const live = new LiveLine(true);
  let now = found;
  const show = () => live.show(...fittingLines(now));
  // Redraws it in between, because any line that is printed clears the drawing.
  const timer = setInterval(show, LOOKS_EVERY_MS);
  const interrupt = new Interrupt();
  const either = AbortSignal.any([interrupt.signal, signal]);
  try {
    for (; !hasEnded(now); now = await look(either)) {
      show();
      await sleep(LOOKS_EVERY_MS, undefined, { signal: either });
    }
    return 0;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    return await interrupt.exitCode;
  } finally {
    clearInterval(timer);
    interrupt.release();
    live.clear();
    // The last drawing stays on the terminal.
    const lines = hasEnded(now) ? branchLines(now, "", "") : fittingLines(now);
    for (const line of lines) print(line);
  }
}

function hasEnded({ status, descendants }: TaskTree): boolean {
  if (status === "pending" || status === "running" || status === "cancelling") return false;
  return descendants === null || descendants.ended >= descendants.total;
}

/** The lines of a drawing, cut to what fits on the terminal, because they are overwritten later. */
function fittingLines(tree: TaskTree): readonly Line[] {
  const lines = branchLines(tree, "", "");
  const room = Math.max(2, height() - 2);
  if (lines.length <= room) return lines;
  return [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`];
}

function branchLines(tree: TaskTree, lead: string, rest: string): Line[] {
  const { id, status, children, hidden } = tree;
  const known: Part =
    status === null ? { text: "forgotten", style: "dim" } : statusPart({ status });
  const own: Line = [lead, id, "  ", known, { text: treePart(tree), style: "dim" }];
  const below = children.flatMap((child, index) => {
    const isLast = index === children.length - 1 && hidden === 0;
    return branchLines(child, rest + (isLast ? "└─ " : "├─ "), rest + (isLast ? "   " : "│  "));
  });
  const more: Line[] = hidden > 0 ? [[rest, { text: `└─ … ${hidden} more`, style: "dim" }]] : [];
  return [own, ...below, ...more];
}
