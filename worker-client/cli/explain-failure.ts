import { RequestRefusedError, ServiceUnreachableError } from "../index.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { oneLine } from "./one-line.ts";
import { UsageError } from "./usage-error.ts";

interface Failure {
  readonly exitCode: number;
  /** For people. */
  readonly line: string;
}

/** What a failure means to who called the command. */
export function explainFailure(error: unknown): Failure {
  if (error instanceof RequestRefusedError) {
    return { exitCode: EXIT_CODE.refused, line: oneLine(refusal(error)) };
  }
  if (error instanceof ServiceUnreachableError) {
    return {
      exitCode: EXIT_CODE.unreachable,
      line: oneLine(`${error.message}: is the address right, and is the service up?`),
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

function refusal({ status, message }: RequestRefusedError): string {
  const hint =
    status === 401 || status === 403
      ? ": give another token by EDGE_CANCELER_TOKEN or --token-file"
      : "";
  return `refused (${status}): ${message.replace(/\.$/, "")}${hint}`;
}
