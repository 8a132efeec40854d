import { setTimeout as sleep } from "node:timers/promises";
import type { TaskTree } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { explainUnknown, UsageError } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { statusPart, treePart } from "../task-lines.ts";
import {
  eraseLines,
  fitLine,
  height,
  isTerminal,
  jsonLine,
  type Line,
  lineWidth,
  type Part,
} from "../terminal.ts";
import { taskId } from "../values.ts";

const HELP = `Draws a task and what is below it: the tasks that are cancelled with it.

  edge-canceler tree TASK [--depth N] [--once]

  --depth N  how many levels to go down, 0 to 32 (default: 3)
  --once     draw it once. Without it, the drawing follows the tasks on a terminal until all have ended

Examples:
  edge-canceler tree upload-1
  edge-canceler tree upload-1 --depth 1 --once
  edge-canceler tree upload-1 --json | jq '.children[].id'

"… 12 more" are children that are not shown: there are many, they are too deep, or your token does not
name them. Exit code 1 if the task is unknown.`;

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
    const { json, print, signal } = context;
    const tasks = context.client();
    const look = () =>
      tasks
        .tree(id, { depth: depth === undefined ? undefined : Number(depth), signal })
        .catch(explainUnknown);
    const isLive = !once && !json && isTerminal(1);
    const interrupt = new Interrupt();
    try {
      for (let shown = 0; ; ) {
        const found = await look();
        const lines = json ? [jsonLine(found)] : drawn(found, isLive);
        eraseLines(shown);
        for (const each of lines) print(each);
        shown = lines.length;
        if (!isLive || hasEnded(found)) return 0;
        const next = sleep(LOOKS_EVERY_MS, null);
        const stopped = await Promise.race([interrupt.exitCode, next]);
        if (stopped !== null) return stopped;
      }
    } finally {
      interrupt.release();
    }
  },
});

function hasEnded({ status, descendants }: TaskTree): boolean {
  if (status === "pending" || status === "running" || status === "cancelling") return false;
  return descendants === null || descendants.ended >= descendants.total;
}

/** The lines of a drawing. To be erased later, a live one has to fit on the terminal. */
function drawn(tree: TaskTree, isLive: boolean): readonly Line[] {
  const lines = branchLines(tree, "", "");
  if (!isLive) return lines;
  const room = Math.max(2, height() - 2);
  const fitting = lines.slice(0, room).map((line) => fitLine(line, lineWidth() - 1));
  if (lines.length <= room) return fitting;
  return [...fitting.slice(0, -1), `… ${lines.length - room + 1} more lines`];
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
