import { constants } from "node:os";
import type { DeclareRequest } from "../../index.ts";
import type { CommandLine } from "../arguments.ts";
import { UsageError } from "../failure.ts";
import { durationSeconds } from "../values.ts";

/** The options of `exec`, in the form of `parseArgs`. */
export const EXEC_FLAGS = {
  signal: { type: "string" },
  grace: { type: "string" },
  timeout: { type: "string" },
  "on-unreachable": { type: "string" },
  "pass-token": { type: "boolean" },
} as const;

/** What `exec` was asked to do. */
export interface ExecOptions {
  readonly taskId: string;
  readonly file: string;
  readonly args: readonly string[];
  /** What tells the command to stop. */
  readonly signal: NodeJS.Signals;
  /** How long it then may take; null: as long as the cancellation says. */
  readonly graceSeconds: number | null;
  /** The deadline, from the start; null: none. */
  readonly timeoutSeconds: number | null;
  /** Stop the command when the service was not heard for so long; null: never. */
  readonly abortAfterSeconds: number | null;
  /** Whether the command sees EDGE_CANCELER_TOKEN. */
  readonly passToken: boolean;
}

const ABORT_AFTER = "abort-after=";

/** What `exec` was asked to do; throws a `UsageError` for what makes no sense. */
export function readExecOptions({
  values,
  positionals,
  rest,
}: CommandLine<typeof EXEC_FLAGS>): ExecOptions {
  const [taskId, ...more] = positionals;
  const [file, ...args] = rest ?? [];
  if (taskId === undefined) throw new UsageError("name a task: exec job-1 -- make all");
  if (rest === null) {
    const command = more.join(" ") || "make all";
    throw new UsageError(`put -- before the command: exec ${taskId} -- ${command}`);
  }
  if (more.length > 0) {
    throw new UsageError(`name one task, not ${positionals.length}: exec ${taskId} -- ${file}`);
  }
  if (!file) throw new UsageError(`name a command after --: exec ${taskId} -- make all`);
  const { grace, timeout } = values;
  const timeoutSeconds = timeout === undefined ? null : durationSeconds(timeout, "--timeout");
  if (timeoutSeconds === 0) throw new UsageError("--timeout must be more than 0s");
  return {
    taskId,
    file,
    args,
    signal: signalNamed(values.signal ?? "SIGTERM"),
    graceSeconds: grace === undefined ? null : durationSeconds(grace, "--grace"),
    timeoutSeconds,
    abortAfterSeconds: abortAfterSeconds(values["on-unreachable"] ?? "continue"),
    passToken: values["pass-token"] ?? false,
  };
}

/** `SIGTERM`, `TERM` or `term`, as kill(1) takes it. */
function signalNamed(text: string): NodeJS.Signals {
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

/** The service waits so much longer than the command may take, so that the report gets in. */
const MARGIN_SECONDS = 2;
/** The service takes no longer one. */
const LONGEST_GRACE_SECONDS = 86_400;

/** What the service has to know of a task before it is started; null if nothing. */
export function declarationOf(options: ExecOptions): DeclareRequest | null {
  const { timeoutSeconds, graceSeconds } = options;
  if (timeoutSeconds === null && graceSeconds === null) return null;
  return {
    ...(timeoutSeconds !== null && { timeoutSeconds }),
    ...(graceSeconds !== null && {
      gracePeriodSeconds: Math.min(LONGEST_GRACE_SECONDS, graceSeconds + MARGIN_SECONDS),
    }),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the command sees. The token is a worker's, and nothing that any command should be able to
 * read or hand on, so it is passed on only to who asks for it. Without an attempt the service has
 * not answered yet.
 */
export function commandEnvironment(
  environment: Environment,
  { taskId, passToken }: ExecOptions,
  attempt: number | null,
): Environment {
  const { EDGE_CANCELER_TOKEN: token, EDGE_CANCELER_ATTEMPT: _, ...others } = environment;
  return {
    ...others,
    ...(passToken && token !== undefined && { EDGE_CANCELER_TOKEN: token }),
    EDGE_CANCELER_TASK: taskId,
    ...(attempt !== null && { EDGE_CANCELER_ATTEMPT: String(attempt) }),
  };
}
