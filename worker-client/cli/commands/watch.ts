import { TaskCancelledError, type TaskClient, type TaskState } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { printTask, receiptLine, showDuration, statusLine } from "../task-lines.ts";
import { LiveLine } from "../terminal.ts";
import { taskId } from "../values.ts";

const HELP = `Watches a task until it has ended: a line for how it is, and for each change. A task that nobody knows
yet is waited for. Ctrl-C ends the watch, and does nothing to the task.

  edge-canceler watch TASK

Examples:
  edge-canceler watch job-1
  edge-canceler watch job-1 --json | jq -r .status
  edge-canceler watch job-1 >/dev/null && echo "job-1 is over"

Exit code 0 when the task has ended, however it did; 130 on Ctrl-C.`;

export const watch = defineCommand({
  name: "watch",
  summary: "watches a task until it has ended",
  help: HELP,
  options: {},
  async run(context, { positionals }) {
    const id = taskId(positionals, "edge-canceler watch job-1");
    // A watch tries for ever; whoever has the wrong address or token is told so now.
    let task = await context.client().get(id);
    if (task === null) context.tell(`nobody knows ${id} yet: waiting for it`);
    const sinceMs = Date.now();
    const live = new LiveLine(!context.json);
    const exitCode = await followToEnd(context.watchClient(), id, {
      onChange(changed) {
        task = changed;
        live.clear();
        printTask(context, task, task.cancellation ? receiptLine : statusLine);
      },
      onTick: () => live.show(liveText(id, task, sinceMs)),
    });
    live.clear();
    return exitCode;
  },
});

function liveText(id: string, task: TaskState | null, sinceMs: number): string {
  const since = task?.cancellation?.requestedAt ?? task?.startedAt ?? task?.createdAt;
  const forMs = Date.now() - (since === undefined ? sinceMs : Date.parse(since));
  return `${id}  ${task?.status ?? "unknown"} for ${showDuration(Math.max(0, forMs))}`;
}

/** The signals that end a watch, each with the exit code that the shells have for it. */
const SIGNALS = Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

interface Listener {
  onChange(task: TaskState): void;
  /** Called every second. */
  onTick(): void;
}

/**
 * Follows a task until it has ended or somebody ends this process; answers the exit code. Rejects
 * when the service refuses, or has forgotten the task.
 */
export async function followToEnd(
  tasks: TaskClient,
  id: string,
  { onChange, onTick }: Listener,
): Promise<number> {
  let resolve = (_exitCode: number) => {};
  let reject = (_reason: unknown) => {};
  const end = new Promise<number>((...both) => {
    [resolve, reject] = both;
  });
  const handlers = SIGNALS.map(([signal, exitCode]) => ({ signal, stop: () => resolve(exitCode) }));
  for (const { signal, stop } of handlers) process.once(signal, stop);
  // It keeps the process alive, which a watch does not.
  const timer = setInterval(onTick, 1000);
  const watch = tasks.watch(id, {
    onChange(task) {
      onChange(task);
      if (task.endedAt !== null) resolve(0);
    },
    onError: reject,
  });
  watch.signal.addEventListener("abort", () => {
    // That it was cancelled is a change like any other here.
    const { reason } = watch.signal;
    if (!(reason instanceof TaskCancelledError)) reject(reason);
  });
  try {
    return await end;
  } finally {
    watch.close();
    clearInterval(timer);
    for (const { signal, stop } of handlers) process.off(signal, stop);
  }
}
