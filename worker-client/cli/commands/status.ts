import type { TaskState } from "../../index.ts";
import { cancellationLine } from "../cancellation-line.ts";
import { defineCommand } from "../define-command.ts";
import { EXIT_CODE } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `Shows how tasks are: a line each.

  edge-canceler status TASK…

Examples:
  edge-canceler status job-1
  edge-canceler status job-1 job-2 --json | jq .status

Exit code 1 if one of them is not known.`;

export const status = defineCommand({
  name: "status",
  summary: "shows how tasks are",
  help: HELP,
  options: {},
  async run({ client, json, print }, { positionals: ids }) {
    if (ids.length === 0) throw new UsageError("name a task: edge-canceler status job-1");
    const tasks = client();
    const states = await Promise.all(ids.map((id) => tasks.get(id)));
    states.forEach((task, index) => {
      const id = ids[index] ?? "";
      if (json) print(JSON.stringify(task ?? { id, status: "unknown" }));
      else print(task === null ? `${id}  unknown` : statusLine(task));
    });
    return states.includes(null) ? EXIT_CODE.no : 0;
  },
});

function statusLine(task: TaskState): string {
  const { id, status, attempt, cancellation, startedAt, endedAt } = task;
  return [
    id,
    status,
    attempt > 0 && `attempt ${attempt}`,
    startedAt && `started ${startedAt}`,
    endedAt && `ended ${endedAt}`,
    cancellation && cancellationLine(cancellation),
  ]
    .filter(Boolean)
    .join("  ");
}
