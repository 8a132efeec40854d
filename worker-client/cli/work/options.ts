import type { CommandLine } from "../arguments.ts";
import { type ExecOptions, oneOf, signalNamed } from "../exec/options.ts";
import { UsageError } from "../failure.ts";
import { durationSeconds, leaseSeconds, toQueue, wholeNumber } from "../values.ts";

/** The options of `work`, in the form of `parseArgs`. */
export const WORK_FLAGS = {
  concurrency: { type: "string" },
  lease: { type: "string" },
  drain: { type: "string" },
  signal: { type: "string" },
  grace: { type: "string" },
  "kill-mode": { type: "string" },
  "stop-command": { type: "string" },
  "pass-token": { type: "boolean" },
} as const;

/** The options of `work` as they were given. */
export interface WorkerOptions
  extends Pick<
    ExecOptions,
    "file" | "args" | "signal" | "killMode" | "stopCommand" | "graceSeconds" | "passToken"
  > {
  readonly queue: string;
  readonly concurrency: number;
  readonly leaseSeconds: number;
  /** How long running commands may take to finish when the worker is told to stop. */
  readonly drainSeconds: number;
}

const EXAMPLE = "edge-canceler work gpu -- python3 train.py";
const MAX_CONCURRENCY = 1000;

/** Reads the options of `work`. Throws a `UsageError` that says what would be right. */
export function readWorkerOptions({
  values,
  positionals: [name, extra],
  rest,
}: CommandLine<typeof WORK_FLAGS>): WorkerOptions {
  const [file, ...args] = rest ?? [];
  const queue = toQueue(name, EXAMPLE);
  if (extra !== undefined)
    throw new UsageError(`name one queue: edge-canceler work ${name} -- ${file}`);
  if (!file)
    throw new UsageError(`name a command after --: edge-canceler work ${name} -- python3 train.py`);
  const { concurrency = "1", lease = "60s", drain = "30s", grace } = values;
  return {
    queue,
    file,
    args,
    concurrency: wholeNumber(concurrency, "--concurrency", 1, MAX_CONCURRENCY),
    leaseSeconds: leaseSeconds(lease),
    drainSeconds: durationSeconds(drain, "--drain"),
    signal: signalNamed(values.signal ?? "SIGTERM"),
    killMode: oneOf(values["kill-mode"] ?? "group", ["group", "mixed"], "--kill-mode"),
    stopCommand: values["stop-command"] ?? null,
    graceSeconds: grace === undefined ? null : durationSeconds(grace, "--grace"),
    passToken: values["pass-token"] ?? false,
  };
}
