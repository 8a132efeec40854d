import type { HistoryEntry } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { EXIT_CODE } from "../failure.ts";
import { showDuration } from "../task-lines.ts";
import { alignedLines } from "../task-table.ts";
import { jsonLine, lineWidth, oneLine, type Part } from "../terminal.ts";
import { taskId } from "../values.ts";

const EXAMPLE = "edge-canceler history job-1";

const HELP = `Shows what has happened to a task, and who did it.

  edge-canceler history TASK

Examples:
  ${EXAMPLE}
  ${EXAMPLE} --json | jq -r '.at + " " + .type'

"handed on" means that an attempt was lost, failed, was given back or was taken over, and another may follow.
"hurried" is a later cancel with a shorter grace period. Of the progress, only the latest is kept.

Exit code 1 if the task is unknown.`;

export const history = defineCommand({
  name: "history",
  summary: "shows what has happened to a task",
  help: HELP,
  options: {},
  async run(context, line) {
    const id = taskId(line, EXAMPLE);
    const { json, print, tell, signal } = context;
    const entries = await context.client().history(id, { signal });
    if (entries === null) {
      tell(`${id} is unknown, or the token does not name it`);
      return EXIT_CODE.no;
    }
    if (json) for (const entry of entries) print(jsonLine(entry));
    else {
      const rows = entries.map(cellsOf);
      for (const row of alignedLines(COLUMNS, rows, lineWidth())) print(row);
    }
    return 0;
  },
});

const COLUMNS = ["TIME", "WHAT", "DETAILS"] as const;

function cellsOf(entry: HistoryEntry): Part[] {
  return [entry.at, oneLine(entry.type.replaceAll("_", " ")), detailsOf(entry)];
}

function detailsOf(entry: HistoryEntry): string {
  switch (entry.type) {
    case "declared":
    case "retried":
      return by(entry);
    case "queued":
      return words(`in ${entry.queue}`, from(entry.availableAt));
    case "started":
      return words(`attempt ${entry.attempt}`, `holder ${entry.holder}`, by(entry));
    case "progress":
      return words(`attempt ${entry.attempt}`, JSON.stringify(entry.progress));
    case "cancelled": {
      const cause = entry.cause === "request" ? "" : entry.cause;
      return words(cause, by(entry), grace(entry.gracePeriodSeconds), entry.reason ?? "");
    }
    case "hurried":
      return words(by(entry), grace(entry.gracePeriodSeconds));
    case "delivered":
      return "";
    case "lost":
      return words(`attempt ${entry.attempt}`, `holder ${entry.holder}`);
    case "handed_on":
      return words(`attempt ${entry.attempt}`, entry.outcome, from(entry.availableAt));
    case "acknowledged":
      return `attempt ${entry.attempt}`;
    case "ended":
      return entry.status;
    default:
      // A newer service may have more types.
      return "";
  }
}

function words(...parts: readonly string[]): string {
  return oneLine(parts.filter(Boolean).join(", "));
}

function by({ by }: { readonly by: string | null }): string {
  return by === null ? "" : `by ${oneLine(by)}`;
}

function from(availableAt: string | null): string {
  return availableAt === null ? "" : `from ${availableAt} on`;
}

function grace(seconds: number | null): string {
  return seconds === null ? "" : `grace period ${showDuration(seconds * 1000)}`;
}
