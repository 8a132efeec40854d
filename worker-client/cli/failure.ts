import { RequestRefusedError, ServiceUnreachableError } from "../index.ts";
import { oneLine } from "./terminal.ts";

/** The command was called in a way that makes no sense; the message says what would. Exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** What the command answers to the shell, beside the 0 of success and the codes of an `exec`'s own command. */
export const EXIT_CODE = {
  /** It did what was asked, and the answer is no: a task that nobody knows, an end that did not come. */
  no: 1,
  usage: 2,
  /** The service cannot be reached (EX_UNAVAILABLE). */
  unreachable: 69,
  /** The service refused (EX_NOPERM). */
  refused: 77,
  /** The rest is of `exec`, as timeout(1) and the shells have it. */
  deadline: 124,
  notExecutable: 126,
  notFound: 127,
} as const;

interface Failure {
  readonly exitCode: number;
  /** For people. */
  readonly line: string;
}

/** What a failure means to who called the command. */
export function explainFailure(error: unknown): Failure {
  if (error instanceof RequestRefusedError) {
    // What cannot be read was written by whoever called the command.
    const exitCode = error.status === 400 ? EXIT_CODE.usage : EXIT_CODE.refused;
    return { exitCode, line: oneLine(refusal(error)) };
  }
  if (error instanceof ServiceUnreachableError) {
    return {
      exitCode: EXIT_CODE.unreachable,
      line: oneLine(`${error.message}${why(error)}: is the address right, and is the service up?`),
    };
  }
  // The client throws a TypeError for what cannot be sent: a task id that is none, for example.
  if (error instanceof UsageError || error instanceof TypeError) {
    return { exitCode: EXIT_CODE.usage, line: oneLine(error.message) };
  }
  return {
    exitCode: EXIT_CODE.no,
    line: oneLine(error instanceof Error ? error.message : `${error}`),
  };
}

function why({ cause }: ServiceUnreachableError): string {
  return cause === undefined ? "" : ` (${rootCause(cause)})`;
}

function refusal({ status, message, problem }: RequestRefusedError): string {
  return `refused (${status}): ${message.replace(/\.$/, "")}${hint(status, problem)}`;
}

function hint(status: number, problem: RequestRefusedError["problem"]): string {
  if (status === 401 || status === 403) {
    return ": give another token by EDGE_CANCELER_TOKEN or --token-file";
  }
  const isElsewhere = status === 404 && !problem?.type.endsWith(":task-unknown");
  return isElsewhere ? ": is the address right? It ends before /v1" : "";
}

/** Why something failed at the bottom, in words: `ECONNREFUSED` where there is a code, or the message. */
export function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return code || cause.message;
}
