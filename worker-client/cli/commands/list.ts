import type { TaskSummary } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { EXIT_CODE, UsageError } from "../failure.ts";
import { SELECTION_HELP, SELECTION_OPTIONS, selectionOf } from "../selection.ts";
import { ranFor, showDuration, statusPart, timeBetween } from "../task-lines.ts";
import { alignedLines } from "../task-table.ts";
import { jsonLine, lineWidth, oneLine, type Part, unreadOutput } from "../terminal.ts";
import { wholeNumber } from "../values.ts";

const EXAMPLE = "edge-canceler list --status running --prefix train-";
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000_000;
const PAGE = 100;

const HELP = `Lists the tasks that your token covers, newest first.

  edge-canceler list [OPTION…]

${SELECTION_HELP}
  --limit N          how many at most (default: ${DEFAULT_LIMIT}), or all

Examples:
  edge-canceler list
  ${EXAMPLE}
  edge-canceler list --queue gpu --status pending --limit all --json | jq -r .id

A task has to match every option. RAN is how long it ran, or has been running. DETAILS says who cancelled it,
and why; "edge-canceler history TASK" has the rest.

Exit code 1 if no task matches.`;

export const list = defineCommand({
  name: "list",
  summary: "lists tasks, newest first",
  help: HELP,
  options: { ...SELECTION_OPTIONS, limit: { type: "string" } },
  async run(context, { values, positionals, rest }) {
    const [extra] = [...positionals, ...(rest ?? [])];
    if (extra !== undefined) {
      throw new UsageError(
        `list takes no task: for "${extra}" use edge-canceler status, or ${EXAMPLE}`,
      );
    }
    const limit = limitOf(values.limit);
    const { json, print, tell, signal } = context;
    const selection = selectionOf(values, EXAMPLE) ?? {};
    const tasks: TaskSummary[] = [];
    let hasMore = false;
    for await (const task of context
      .client()
      .list(selection, { limit: Math.min(limit, PAGE), signal })) {
      hasMore = tasks.length === limit;
      if (hasMore) break;
      tasks.push(task);
      if (json) print(jsonLine(task));
      if (unreadOutput.aborted) return EXIT_CODE.unread;
    }
    if (!json && tasks.length > 0) {
      const rows = tasks.map((task) => cellsOf(task, Date.now()));
      for (const line of alignedLines(COLUMNS, rows, lineWidth())) print(line);
    }
    if (hasMore && !json) tell(`there are more than ${limit}: --limit shows more`);
    if (tasks.length === 0) tell("no task matches");
    return tasks.length === 0 ? 1 : 0;
  },
});

function limitOf(text: string | undefined): number {
  if (text === "all") return Number.POSITIVE_INFINITY;
  return text === undefined ? DEFAULT_LIMIT : wholeNumber(text, "--limit", 1, MAX_LIMIT);
}

const COLUMNS = ["TASK", "STATUS", "QUEUE", "ATTEMPT", "AGE", "RAN", "DETAILS"] as const;

function cellsOf(task: TaskSummary, nowMs: number): Part[] {
  const { id, attempt, queue, createdAt, cancellation } = task;
  const { requestedBy = null, reason = null } = cancellation ?? {};
  const by = requestedBy === null ? "" : `by ${oneLine(requestedBy)}`;
  return [
    id,
    statusPart(task),
    queue === null ? "" : oneLine(queue),
    attempt > 0 ? `${attempt}` : "",
    showDuration(timeBetween(createdAt, nowMs)),
    ranFor(task, nowMs),
    [by, oneLine(reason ?? "")].filter(Boolean).join(": "),
  ];
}
