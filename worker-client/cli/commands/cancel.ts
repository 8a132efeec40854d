import type { TaskClient, TaskState } from "../../index.ts";
import { cancelMany } from "../cancel-many.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { forEachTask } from "../each-task.ts";
import { EXIT_CODE, UsageError } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { exitCodeOfWait, hasEnded, isOfUnknownTask, outcomeOf, wasShortened } from "../outcome.ts";
import { SELECTION_HELP, SELECTION_OPTIONS, selectionOf } from "../selection.ts";
import { showDuration, taskLine, treePart } from "../task-lines.ts";
import { jsonLine, LiveLine } from "../terminal.ts";
import { durationSeconds, taskIds } from "../values.ts";

const HELP = `Cancels tasks, and prints a receipt for each.

  edge-canceler cancel [OPTION…] TASK…
  edge-canceler cancel [OPTION…] --prefix TEXT | --queue QUEUE | --status STATUS | …

  --reason TEXT      why, for people; it is cut after 1,024 characters
  --grace DURATION   how long the worker may take to stop (default: the task's own grace period, or 30s)
  --wait[=DURATION]  wait until the task has ended (default: 60s)
  --tree             wait for everything below the task as well, which is cancelled in any case

Many tasks, out of those that your token covers and that have not ended:
${SELECTION_HELP}
  --dry-run          only count them
  --yes              do not ask before cancelling more than one

Examples:
  edge-canceler cancel job-1 --reason "wrong data"
  edge-canceler cancel job-1 job-2 job-3 --wait
  edge-canceler cancel job-1 --grace 0s              # it was cancelled, but takes too long to stop
  edge-canceler cancel job-1 --wait=5m --json | jq -r .outcome
  edge-canceler cancel --prefix sweep-7- --status running --dry-run
  edge-canceler cancel -- -x                         # a task whose id begins with a dash

A cancel is on disk before its receipt is printed, and it is final. You can also cancel a task that nobody
has started yet: a worker that starts it later is refused. The receipt says when the cancel was asked
for, and how long after that it was delivered to the worker, the worker acknowledged that it stopped, and
the task ended.

A cancel of many tasks waits until all of them have ended, or for as long as --wait says. It goes on in the
service even if you stop waiting. Tasks that are created meanwhile are not cancelled. With --json it prints
its counts: matched, requested, ended, acknowledged.

The first cancel counts: its reason stays. A later one can only shorten the grace period.

Of tasks that you name, --json prints each with its "outcome":
  stopping        the worker still has to stop
  acknowledged    the worker has confirmed that it stopped
  unacknowledged  the grace period ended without a word from the worker: its work may still be running
  finished        the worker has reported another end, or the task had ended before
  not-running     nobody ran the task

Exit codes, without --wait:
  0  every cancel is on record
  1  a task and all below it had ended before, so there was nothing to cancel
With --wait:
  0  every task has stopped: its outcome is acknowledged, finished or not-running
  1  a worker still has to stop: the wait was too short
  3  a task has ended, but nobody acknowledged: its outcome is unacknowledged
With several tasks, the highest exit code counts.
With selected tasks:
  0  all have ended, acknowledged or not; with --dry-run: there are some
  1  no task matches, you did not say yes, or the wait was too short`;

const MANY = "edge-canceler cancel --prefix sweep-7-";

/** How many tasks to wait for at the same time. */
const WAITS_AT_ONCE = 200;

export const cancel = defineCommand({
  name: "cancel",
  summary: "cancels tasks, and prints the receipts",
  help: HELP,
  options: {
    reason: { type: "string" },
    grace: { type: "string" },
    wait: { type: "string" },
    tree: { type: "boolean" },
    ...SELECTION_OPTIONS,
    "dry-run": { type: "boolean" },
    yes: { type: "boolean" },
  },
  optionalValues: { wait: "60s" },
  async run(context, line) {
    const { reason, grace, wait, tree = false } = line.values;
    const request: CancelRequest = {
      reason,
      gracePeriodSeconds: grace === undefined ? undefined : durationSeconds(grace, "--grace"),
      tree,
    };
    const waitSeconds = wait === undefined ? null : durationSeconds(wait, "--wait");
    const isDryRun = line.values["dry-run"] ?? false;
    const select = selectionOf(line.values, MANY);
    if (select !== null) {
      const [named] = [...line.positionals, ...(line.rest ?? [])];
      if (named !== undefined) {
        throw new UsageError(`name tasks, or select them by an option, not both: ${MANY}`);
      }
      if (tree) {
        throw new UsageError(
          "--tree waits for what is below named tasks: edge-canceler cancel job-1 --wait --tree",
        );
      }
      const isSure = line.values.yes ?? false;
      return cancelMany(context, select, { ...request, waitSeconds, isDryRun, isSure });
    }
    if (isDryRun) throw new UsageError(`--dry-run counts selected tasks: ${MANY} --dry-run`);
    const ids = taskIds(line, 'edge-canceler cancel job-1 --reason "wrong data"');
    const tasks = context.client();
    const { signal, tell } = context;
    const recorded = new Map<string, TaskState>();
    // Every cancel is sent before any is waited for.
    const failure = await forEachTask(ids, context, async (id) => {
      const task = await tasks.cancel(id, { ...request, signal });
      recorded.set(id, task);
      for (const note of notesOn(task, request)) tell(note);
      return 0;
    });
    if (waitSeconds !== null) {
      const ended = await waitForEnds(context, { tasks, request, recorded, waitSeconds });
      return Math.max(failure, ended);
    }
    const receipts = ids.flatMap((id) => recorded.get(id) ?? []);
    for (const task of receipts) printReceipt(context, task);
    const areRecorded = receipts.every((task) => task.cancellation !== null || goesOn(task));
    return Math.max(failure, areRecorded ? 0 : EXIT_CODE.no);
  },
});

interface CancelRequest {
  readonly reason: string | undefined;
  readonly gracePeriodSeconds: number | undefined;
  readonly tree: boolean;
}

interface Waiting {
  readonly tasks: TaskClient;
  readonly request: CancelRequest;
  /** The tasks as they were when their cancel was recorded. */
  readonly recorded: ReadonlyMap<string, TaskState>;
  readonly waitSeconds: number;
}

/** Prints the receipt of each task when it has ended, or the wait is over. Returns the exit code. */
async function waitForEnds(context: CommandContext, waiting: Waiting): Promise<number> {
  const { tasks, request, recorded, waitSeconds } = waiting;
  const sinceMs = performance.now();
  const left = new Map([...recorded].filter(([, task]) => !hasEnded(task, request.tree)));
  const live = new LiveLine(!context.json);
  const show = () => {
    if (left.size > 0) live.show(liveText(left, recorded.size, performance.now() - sinceMs));
  };
  const timer = setInterval(show, 1000);
  const interrupt = new Interrupt();
  const work = async (id: string, task: TaskState): Promise<number> => {
    const leftSeconds = Math.max(0, waitSeconds - (performance.now() - sinceMs) / 1000);
    const { signal } = context;
    const options = { ...request, waitSeconds: leftSeconds, signal };
    const ended = left.has(id) ? await tasks.cancel(id, options) : task;
    left.delete(id);
    printReceipt(context, ended, goesOn(task));
    if (outcomeOf(ended) === "unacknowledged") {
      context.tell(
        `${id} has ended, but its worker never confirmed that it stopped: the work may still be running`,
      );
    }
    show();
    return exitCodeOfWait(ended, request.tree);
  };
  const stopped = interrupt.exitCode.then((exitCode) => {
    context.tell("stopped waiting: the cancel stays on record");
    return exitCode;
  });
  try {
    show();
    const ids = [...recorded.keys()];
    const ended = forEachTask(
      ids,
      context,
      async (id) => {
        const task = recorded.get(id);
        return task === undefined ? 0 : work(id, task);
      },
      WAITS_AT_ONCE,
    );
    return await Promise.race([ended, stopped]);
  } finally {
    clearInterval(timer);
    interrupt.release();
    live.clear();
  }
}

function liveText(left: ReadonlyMap<string, TaskState>, all: number, forMs: number): string {
  const [task] = left.values();
  if (all > 1 || task === undefined) {
    return `waiting for ${left.size} of ${all} tasks to stop, for ${showDuration(forMs)}`;
  }
  if (task.endedAt !== null) {
    return `${task.id}  ${task.status}, waiting for what is below it for ${showDuration(forMs)}`;
  }
  const graceSeconds = task.cancellation?.gracePeriodSeconds ?? null;
  const grace = graceSeconds === null ? "" : `, grace period ${showDuration(graceSeconds * 1000)}`;
  return `${task.id}  ${task.status} for ${showDuration(forMs)}${grace}`;
}

/** Whether the cancel goes on to something below the task that has not ended, even if the task has. */
function goesOn(task: TaskState): boolean {
  return !hasEnded(task, true);
}

function printReceipt(
  { json, print }: CommandContext,
  task: TaskState,
  hasGoneOn = goesOn(task),
): void {
  const { id, status, cancellation } = task;
  const said = hasGoneOn ? "the cancel goes to what is below it" : "there was nothing to cancel";
  if (json) print(jsonLine({ ...task, outcome: outcomeOf(task) }));
  else if (cancellation !== null) print([taskLine(task), treePart(task)].flat());
  else print(`${id}  ${status}  had ended before: ${said}${treePart(task)}`);
}

/** What a user might not expect of the cancel that was just recorded. */
function notesOn(task: TaskState, request: CancelRequest): readonly string[] {
  const { id, cancellation, endedAt } = task;
  if (isOfUnknownTask(task)) {
    return [`nobody has declared or started ${id}: the cancel is recorded for when somebody does`];
  }
  const asked = request.gracePeriodSeconds;
  const recorded = cancellation?.gracePeriodSeconds ?? null;
  if (endedAt !== null || asked === undefined || recorded === null) return [];
  const grace = showDuration(recorded * 1000);
  if (recorded !== asked) {
    return [
      `${id} was cancelled before: its grace period stays ${grace}, it can only be shortened`,
    ];
  }
  if (!wasShortened(task)) return [];
  return [
    recorded === 0
      ? `${id} was cancelled before: its grace period is over now`
      : `${id} was cancelled before: its grace period is now ${grace}`,
  ];
}
