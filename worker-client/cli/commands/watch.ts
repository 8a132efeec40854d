import { TaskCancelledError, type TaskClient, type TaskState } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { Interrupt } from "../interrupt.ts";
import { printTask, showDuration, timeBetween } from "../task-lines.ts";
import { LiveLine } from "../terminal.ts";
import { taskId } from "../values.ts";

const HELP = `Watches a task until it has ended. Prints a line for its state, and a line for each change.

  edge-canceler watch TASK

Examples:
  edge-canceler watch job-1
  edge-canceler watch job-1 --json | jq -r .status
  edge-canceler watch job-1 >/dev/null && echo "job-1 is over"

If the task is unknown, it waits until somebody declares, starts or cancels it. Ctrl-C ends the watch
and leaves the task alone.

Exit code 0 when the task has ended, in whatever way; 130 on Ctrl-C.`;

export const watch = defineCommand({
  name: "watch",
  summary: "watches a task until it has ended",
  help: HELP,
  options: {},
  async run(context, line) {
    const id = taskId(line, "edge-canceler watch job-1");
    // A watch never gives up, so this request finds out whether the address and the token are right.
    let task = await context.client().get(id, { signal: context.signal });
    if (task === null) context.tell(`${id} is not known yet: waiting for it`);
    const sinceMs = Date.now();
    const live = new LiveLine(!context.json);
    const exitCode = await followToEnd(context.watchClient(), id, {
      onChange(changed) {
        task = changed;
        printTask(context, task);
      },
      onTick: () => live.show(liveText(id, task, sinceMs)),
    });
    live.clear();
    return exitCode;
  },
});

function liveText(id: string, task: TaskState | null, sinceMs: number): string {
  const since = task?.cancellation?.requestedAt ?? task?.startedAt ?? task?.createdAt;
  const forMs = since === undefined ? Date.now() - sinceMs : timeBetween(since, Date.now());
  return `${id}  ${task?.status ?? "unknown"} for ${showDuration(forMs)}`;
}

interface Listener {
  onChange(task: TaskState): void;
  /** Called every second. */
  onTick(): void;
}

/**
 * Follows a task until it has ended or a signal ends this process; returns the exit code. Rejects if
 * the service refuses, or has forgotten the task.
 */
async function followToEnd(
  tasks: TaskClient,
  id: string,
  { onChange, onTick }: Listener,
): Promise<number> {
  let end = () => {};
  let fail = (_reason: unknown) => {};
  const ended = new Promise<number>((resolve, reject) => {
    end = () => resolve(0);
    fail = reject;
  });
  const interrupt = new Interrupt({ whenUnread: true });
  // It keeps the process alive; a watch does not.
  const timer = setInterval(onTick, 1000);
  const watch = tasks.watch(id, {
    observe: true,
    onChange(task) {
      onChange(task);
      if (task.endedAt !== null) end();
    },
    onError: fail,
  });
  watch.signal.addEventListener("abort", () => {
    // A cancel is a change like any other here.
    const { reason } = watch.signal;
    if (!(reason instanceof TaskCancelledError)) fail(reason);
  });
  try {
    return await Promise.race([ended, interrupt.exitCode]);
  } finally {
    watch.close();
    clearInterval(timer);
    interrupt.release();
  }
}
