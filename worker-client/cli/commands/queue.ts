import { setTimeout as sleep } from "node:timers/promises";
import type { QueueSettings, QueueState } from "../../index.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { UsageError } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { showDuration } from "../task-lines.ts";
import {
  canOverwrite,
  inLine,
  jsonLine,
  type Line,
  LiveLine,
  oneLine,
  type Part,
} from "../terminal.ts";
import { toQueue, wholeNumber } from "../values.ts";

const EXAMPLE = "edge-canceler queue gpu";
const MAX_RUNNING = 1_000_000;
const LOOK_EVERY_MS = 1000;

const ACTIONS: Readonly<Record<string, QueueSettings>> = {
  pause: { paused: true },
  resume: { paused: false },
  close: { accepting: false },
  open: { accepting: true },
};

const HELP = `Shows a queue, or changes its settings.

  edge-canceler queue QUEUE [--watch]
  edge-canceler queue QUEUE pause|resume|close|open [--max-running N]

  pause            stops handing out tasks. It still takes new ones, and running tasks go on
  resume           hands out tasks again
  close            takes no new tasks. Those that are in it are still handed out
  open             takes new tasks again
  --max-running N  how many of its tasks may run at a time, across all workers; none for no limit
  --watch          prints a line for each change, until Ctrl-C. On a terminal, "queue QUEUE" alone keeps one
                   line up to date, until Ctrl-C

Examples:
  ${EXAMPLE}
  ${EXAMPLE} pause
  ${EXAMPLE} --max-running 8
  ${EXAMPLE} --json | jq .pending

The line shows how many tasks are pending, and how long the oldest has been; how many are delayed, by --delay
or between two attempts; how many run; and how many workers wait for a task.

A queue needs no setup: it exists as soon as a task is submitted to it. To empty it, cancel its tasks.`;

export const queue = defineCommand({
  name: "queue",
  summary: "shows a queue, pauses or closes it",
  help: HELP,
  options: { "max-running": { type: "string" }, watch: { type: "boolean" } },
  async run(context, { values, positionals: [name, action, ...others], rest }) {
    const [first, ...more] = [name, ...(rest ?? [])].filter((word) => word !== undefined);
    const id = toQueue(first, EXAMPLE);
    const extra = [...more, ...others][0];
    if (extra !== undefined) throw new UsageError(`name one queue: ${EXAMPLE} pause`);
    const settings = settingsOf(action, values["max-running"]);
    const { signal, json } = context;
    const tasks = context.client();
    if (settings !== null) {
      printQueue(context, await tasks.setQueue(id, settings, { signal }));
      return 0;
    }
    const state = await tasks.queue(id, { signal });
    const isLive = !values.watch && !json && canOverwrite();
    if (!values.watch && !isLive) {
      printQueue(context, state);
      return 0;
    }
    return follow(context, { id, state, isLive });
  },
});

/** What to change; null for nothing. */
function settingsOf(action: string | undefined, maxRunning: string | undefined) {
  if (action === undefined && maxRunning === undefined) return null;
  const settings = action === undefined ? {} : ACTIONS[action];
  if (settings === undefined) {
    const words = Object.keys(ACTIONS);
    throw new UsageError(`after the queue comes ${words.join(", ")} or nothing, not "${action}"`);
  }
  if (maxRunning === undefined) return settings;
  const limit =
    maxRunning === "none" ? null : wholeNumber(maxRunning, "--max-running", 1, MAX_RUNNING);
  return { ...settings, maxRunning: limit };
}

interface Followed {
  readonly id: string;
  readonly state: QueueState;
  readonly isLive: boolean;
}

/** Shows a queue until a signal ends this process; returns the exit code. */
async function follow(context: CommandContext, { id, state, isLive }: Followed): Promise<number> {
  const tasks = context.client();
  const live = new LiveLine(isLive);
  const interrupt = new Interrupt({ whenUnread: true });
  const signal = AbortSignal.any([interrupt.signal, context.signal]);
  let shown = "";
  let last = state;
  const show = (now: QueueState) => {
    last = now;
    if (isLive) {
      live.show(queueLine(now));
      return;
    }
    // The age of the oldest task grows all the time: that is not a change.
    const { oldestPendingSeconds: _age, ...counts } = now;
    const text = JSON.stringify(counts);
    if (text !== shown) printQueue(context, now);
    shown = text;
  };
  try {
    for (let now = state; ; now = await tasks.queue(id, { signal })) {
      show(now);
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    // The last state stays on the terminal.
    if (isLive) printQueue(context, last);
    return await interrupt.exitCode;
  } finally {
    live.clear();
    interrupt.release();
  }
}

function printQueue({ json, print }: CommandContext, state: QueueState): void {
  print(json ? jsonLine(state) : queueLine(state));
}

/** A queue in one line, for people. */
export function queueLine(state: QueueState): Line {
  const { queue: id, pending, delayed, running, maxRunning, waitingWorkers } = state;
  const { oldestPendingSeconds: age } = state;
  const oldest = age === null ? "" : ` (the oldest for ${showDuration(age * 1000)})`;
  return inLine(
    oneLine(id),
    statusOf(state),
    `${pending} pending${oldest}`,
    `${delayed} delayed`,
    `${running} running${maxRunning === null ? "" : ` of at most ${maxRunning}`}`,
    `${waitingWorkers} ${waitingWorkers === 1 ? "worker waits" : "workers wait"}`,
  );
}

function statusOf({ paused, accepting }: QueueState): Part {
  if (paused) return { text: accepting ? "paused" : "paused and closed", style: "yellow" };
  return accepting ? { text: "open", style: "green" } : { text: "closed", style: "red" };
}
