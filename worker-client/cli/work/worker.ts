import { RequestRefusedError } from "../../index.ts";
import type { CommandContext } from "../command.ts";
import { queueLine } from "../commands/queue.ts";
import { raiseSigint } from "../exec/run.ts";
import type { CommandStopper } from "../exec/stop.ts";
import { warn } from "../exec/warn.ts";
import { showDuration } from "../task-lines.ts";
import type { WorkerOptions } from "./options.ts";
import { runTaskCommand } from "./task-command.ts";

/** The signals that shut the worker down. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Shuts a worker down, step by step: each signal takes the next step. */
class Shutdown {
  /** Aborts to stop claiming tasks. */
  readonly soon = new AbortController();
  /** Aborts to stop the running commands. */
  readonly now = new AbortController();
  readonly #running: ReadonlyMap<string, CommandStopper>;
  readonly #drainSeconds: number;
  #isInterrupted = false;

  constructor(running: ReadonlyMap<string, CommandStopper>, drainSeconds: number) {
    this.#running = running;
    this.#drainSeconds = drainSeconds;
    for (const signal of SIGNALS) process.on(signal, () => this.#take(signal));
  }

  /** Whether Ctrl-C was the first signal. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  #take(signal: (typeof SIGNALS)[number]): void {
    const running = this.#running.size;
    if (!this.soon.signal.aborted) {
      this.#isInterrupted = signal === "SIGINT";
      this.soon.abort(new Error("the worker shuts down"));
      const rest =
        running === 0
          ? ""
          : `; running commands (${running}) may finish within ${showDuration(this.#drainSeconds * 1000)}, another ${signal} stops them now`;
      warn(`${signal}: claiming no more tasks${rest}`);
    } else if (!this.now.signal.aborted) {
      this.now.abort();
      if (running > 0)
        warn(`${signal}: stopping the running commands, and giving their tasks back`);
    } else {
      for (const stopper of this.#running.values()) stopper.hurry();
    }
  }
}

/** Works on a queue until a signal shuts the worker down and no command is left. Returns the exit code. */
export async function runWorker(context: CommandContext, options: WorkerOptions): Promise<number> {
  const { queue, concurrency, leaseSeconds, drainSeconds } = options;
  const running = new Map<string, CommandStopper>();
  await greet(context, options);
  const shutdown = new Shutdown(running, drainSeconds);
  let exitCode = 0;
  await context.watchClient().work(
    queue,
    async (run) => {
      try {
        return await runTaskCommand({
          run,
          options,
          environment: context.environment,
          onStart: (stopper) => running.set(run.id, stopper),
          onUnspawned: (end) => {
            // It would fail for every task: do not use up any more.
            exitCode = end.exitCode ?? exitCode;
            shutdown.soon.abort(new Error(end.failure ?? "the command cannot be started"));
            shutdown.now.abort();
          },
        });
      } finally {
        running.delete(run.id);
      }
    },
    {
      concurrency,
      leaseSeconds,
      drainSeconds,
      signal: shutdown.soon.signal,
      hurry: shutdown.now.signal,
      onChange: ({ id, cancellation }) => {
        if (cancellation !== null) running.get(id)?.shorten(cancellation);
      },
      onError: (error) => {
        // How a command ended has been printed already.
        if (error.name !== "TaskFailedError") warn(error.message);
      },
    },
  );
  if (shutdown.isInterrupted) await raiseSigint();
  return exitCode;
}

/** Prints the state of the queue, which finds out whether the address and the token are right. */
async function greet(context: CommandContext, { queue, concurrency }: WorkerOptions) {
  const { signal } = context;
  if (process.pid === 1) {
    warn("work is PID 1 here and does not reap orphans: add an init (docker run --init, or tini)");
  }
  try {
    const state = await context.client().queue(queue, { signal });
    context.tell([`works on ${queue}, ${concurrency} at a time: `, ...[queueLine(state)].flat()]);
  } catch (error) {
    // A token may allow claims but no look at the queue. If it allows neither, the first claim says so.
    if (!(error instanceof RequestRefusedError && error.status === 403)) throw error;
  }
}
