import { RequestRefusedError, ServiceUnreachableError } from "../index.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { oneLine } from "./one-line.ts";
import { rootCause } from "./root-cause.ts";
import { UsageError } from "./usage-error.ts";

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
