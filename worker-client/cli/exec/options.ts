import { accessSync, constants as files, statSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import type { DeclareRequest, RetryPolicy, StartRequest, TaskState } from "../../index.ts";
import type { CommandLine } from "../arguments.ts";
import { UsageError } from "../failure.ts";
import { durationSeconds, leaseSeconds, retryPolicy, toTaskId } from "../values.ts";
import { graceToDeclare } from "./grace.ts";

/** The options of `exec`, in the form of `parseArgs`. */
export const EXEC_FLAGS = {
  signal: { type: "string" },
  grace: { type: "string" },
  "kill-mode": { type: "string" },
  "stop-command": { type: "string" },
  timeout: { type: "string" },
  "if-running": { type: "string" },
  lease: { type: "string" },
  "max-attempts": { type: "string" },
  backoff: { type: "string" },
  "on-unreachable": { type: "string" },
  parent: { type: "string" },
  "no-parent": { type: "boolean" },
  "pass-token": { type: "boolean" },
} as const;

/** Which processes get the signal: all of them, or only the command, and the rest SIGKILL once it ends. */
export type KillMode = "group" | "mixed";

type IfRunning = "take-over" | "refuse" | "service";

/** The options of `exec` as they were given. */
export interface ExecOptions {
  readonly taskId: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The signal that asks the command to stop. */
  readonly signal: NodeJS.Signals;
  readonly killMode: KillMode;
  /** A command to run in place of the signal; null for none. */
  readonly stopCommand: string | null;
  /** How long the command may take to stop if the canceller does not say; null for the default. */
  readonly graceSeconds: number | null;
  /** The deadline, counted from the start; null for none. */
  readonly timeoutSeconds: number | null;
  /** What to do if another worker runs the task; `service`: refuse if that run holds a lease. */
  readonly ifRunning: IfRunning;
  /** How long the run may be silent before it counts as lost; null for no limit. */
  readonly leaseSeconds: number | null;
  readonly retryPolicy: RetryPolicy;
  /** The task that it is cancelled with; null for none. */
  readonly parent: string | null;
  /** How long the service may be silent before the command is stopped; null for no limit. */
  readonly abortAfterSeconds: number | null;
  /** Whether the command sees EDGE_CANCELER_TOKEN. */
  readonly passToken: boolean;
}

/** How to call a command that runs another one, which comes after `--`. */
interface Call {
  /** Such as `exec`. */
  readonly name: string;
  /** What it takes before the `--`, and an example of that. */
  readonly object: string;
  readonly example: string;
  readonly flags: ParseArgsOptionsConfig;
}

const EXEC_CALL: Call = {
  name: "exec",
  object: "a task",
  example: "job-1",
  flags: EXEC_FLAGS,
};

/**
 * Throws a `UsageError` that shows the right call if there is no `--` before the command. Call it before
 * the options are parsed: those of the command would be taken for unknown ones.
 */
export function requireDashes(
  args: readonly string[],
  { name: call, object, example, flags }: Call = EXEC_CALL,
  path = process.env["PATH"] ?? "",
): void {
  if (args.some((arg) => ["--", "--help", "-h"].includes(arg))) return;
  const options = {
    ...flags,
    url: { type: "string" },
    "token-file": { type: "string" },
  } as const;
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const [first, second] = tokens.filter(({ kind }) => kind === "positional");
  if (first === undefined) return;
  const words = (from: number) => args.slice(from).join(" ");
  const name = args[first.index] ?? "";
  if (isProgram(name, path)) {
    throw new UsageError(
      `name ${object}, and put -- before the command: edge-canceler ${call} ${example} -- ${words(first.index)}`,
    );
  }
  const command = second === undefined ? "make all" : words(second.index);
  throw new UsageError(`put -- before the command: edge-canceler ${call} ${name} -- ${command}`);
}

/** Whether a word is a program rather than a task: a path, or a file on the PATH. */
export function isProgram(name: string, path: string): boolean {
  if (name.includes("/")) return true;
  return path.split(delimiter).some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, files.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

const ABORT_AFTER = "abort-after=";

/** Reads the options of `exec`. Throws a `UsageError` that says what would be right. */
export function readExecOptions(
  { values, positionals, rest }: CommandLine<typeof EXEC_FLAGS>,
  environment: Environment,
): ExecOptions {
  const [taskId, ...more] = positionals;
  const [file, ...args] = rest ?? [];
  if (taskId === undefined) {
    const command = [file ?? "make all", ...args].join(" ");
    throw new UsageError(`name a task: edge-canceler exec job-1 -- ${command}`);
  }
  if (more.length > 0) {
    throw new UsageError(
      `name one task, not ${positionals.length}: edge-canceler exec ${taskId} -- ${file}`,
    );
  }
  if (!file)
    throw new UsageError(`name a command after --: edge-canceler exec ${taskId} -- make all`);
  const { grace, timeout } = values;
  const timeoutSeconds = timeout === undefined ? null : durationSeconds(timeout, "--timeout");
  if (timeoutSeconds === 0) throw new UsageError("--timeout must be more than 0s");
  return {
    taskId: toTaskId(taskId),
    file,
    args,
    signal: signalNamed(values.signal ?? "SIGTERM"),
    killMode: oneOf(values["kill-mode"] ?? "group", ["group", "mixed"], "--kill-mode"),
    stopCommand: values["stop-command"] ?? null,
    graceSeconds: grace === undefined ? null : durationSeconds(grace, "--grace"),
    timeoutSeconds,
    ifRunning: ifRunning(values),
    leaseSeconds: values.lease === undefined ? null : leaseSeconds(values.lease),
    retryPolicy: retryPolicy(values),
    parent: parentOf(values, toTaskId(taskId), environment),
    abortAfterSeconds: abortAfterSeconds(values["on-unreachable"] ?? "continue"),
    passToken: values["pass-token"] ?? false,
  };
}

type Values = CommandLine<typeof EXEC_FLAGS>["values"];

/** By default, the parent is the task around this one, unless that is this very task. */
function parentOf(values: Values, taskId: string, environment: Environment): string | null {
  const { parent, "no-parent": hasNone = false } = values;
  if (parent !== undefined && hasNone) {
    throw new UsageError("give --parent or --no-parent, not both");
  }
  if (hasNone) return null;
  if (parent !== undefined) return toTaskId(parent);
  const around = environment["EDGE_CANCELER_TASK"] || null;
  return around === taskId ? null : around;
}

/** By default, the service decides if there is a lease, or a back-off to keep. */
function ifRunning(values: Values): IfRunning {
  const said = values["if-running"];
  if (said !== undefined) return oneOf(said, ["take-over", "refuse"], "--if-running");
  return (values.lease ?? values["max-attempts"]) === undefined ? "take-over" : "service";
}

/** Requires that an option has one of the words that it takes. */
export function oneOf<const Word extends string>(
  text: string,
  words: readonly Word[],
  name: string,
): Word {
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw new UsageError(`${name} must be ${words.join(" or ")}, not "${text}"`);
}

/** Reads a signal's name as kill(1) does: `SIGTERM`, `TERM` or `term`. */
export function signalNamed(text: string): NodeJS.Signals {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
  if (isSignal(name)) return name;
  throw new UsageError(`--signal must be a name like SIGTERM or INT, not "${text}"`);
}

function isSignal(name: string): name is NodeJS.Signals {
  return Object.hasOwn(constants.signals, name);
}

function abortAfterSeconds(text: string): number | null {
  if (text === "continue") return null;
  if (!text.startsWith(ABORT_AFTER)) {
    throw new UsageError(`--on-unreachable must be continue or abort-after=10m, not "${text}"`);
  }
  const seconds = durationSeconds(text.slice(ABORT_AFTER.length), "--on-unreachable abort-after");
  if (seconds === 0) throw new UsageError("--on-unreachable abort-after must be more than 0s");
  return seconds;
}

/** What the task is declared with before it is started; null if there is nothing to declare. */
export function declarationOf(options: ExecOptions): DeclareRequest | null {
  const { timeoutSeconds, graceSeconds, retryPolicy, parent } = options;
  if (timeoutSeconds === null && graceSeconds === null) return null;
  return {
    ...retryPolicy,
    ...(parent !== null && { parent }),
    ...(timeoutSeconds !== null && { timeoutSeconds }),
    ...(graceSeconds !== null && { gracePeriodSeconds: graceToDeclare(graceSeconds) }),
  };
}

/** What the start request says, apart from its holder. */
export function startRequestOf({
  ifRunning,
  leaseSeconds,
  retryPolicy,
  parent,
}: ExecOptions): Omit<StartRequest, "holder"> {
  return {
    ...retryPolicy,
    ...(parent !== null && { parent }),
    ...(leaseSeconds !== null && { leaseSeconds }),
    ...(ifRunning === "take-over" && { takeOver: true }),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of the command. It contains the worker's token only with `--pass-token`. `task` is
 * null if the service has not answered yet.
 */
export function commandEnvironment(
  environment: Environment,
  { taskId, passToken }: Pick<ExecOptions, "taskId" | "passToken">,
  task: Pick<TaskState, "attempt" | "progress" | "traceparent"> | null,
  progressFile: string | null,
): Environment {
  // An exec or a worker around this one may have set these for its own run.
  const {
    EDGE_CANCELER_TOKEN: token,
    EDGE_CANCELER_ATTEMPT: _attempt,
    EDGE_CANCELER_PROGRESS: _progress,
    EDGE_CANCELER_PROGRESS_FILE: _file,
    EDGE_CANCELER_INPUT: _input,
    ...others
  } = environment;
  const progress = task?.progress ?? null;
  return {
    ...others,
    ...(passToken && token !== undefined && { EDGE_CANCELER_TOKEN: token }),
    EDGE_CANCELER_TASK: taskId,
    ...(task !== null && { EDGE_CANCELER_ATTEMPT: String(task.attempt) }),
    ...(task?.traceparent && { TRACEPARENT: task.traceparent }),
    ...(progress !== null && { EDGE_CANCELER_PROGRESS: JSON.stringify(progress) }),
    ...(progressFile !== null && { EDGE_CANCELER_PROGRESS_FILE: progressFile }),
  };
}
