import { constants } from "node:os";
import { durationSeconds } from "../duration-seconds.ts";
import type { CommandLine } from "../parse-command-line.ts";
import { UsageError } from "../usage-error.ts";
import type { EXEC_FLAGS } from "./exec-flags.ts";
import type { ExecOptions } from "./exec-options.ts";

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
