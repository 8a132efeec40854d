import { RequestRefusedError, ServiceUnreachableError } from "../index.ts";
import { namesProxy } from "./proxy.ts";

/** The arguments are invalid; the message says what would be right. Exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** The exit codes of the command, besides 0 and those of the command that `exec` runs. */
export const EXIT_CODE = {
  /** The answer is no: the task is unknown, or it did not end in time. */
  no: 1,
  usage: 2,
  /** The task was cancelled and has ended, but its worker never confirmed that it stopped. */
  unacknowledged: 3,
  /** The service cannot be reached (EX_UNAVAILABLE). */
  unreachable: 69,
  /** The service refused (EX_NOPERM). */
  refused: 77,
  /** These are for `exec`, and the same as in timeout(1) and the shells. */
  deadline: 124,
  notExecutable: 126,
  notFound: 127,
  /** Nobody reads the output any more. Node ignores the SIGPIPE of which a process would die, also for its sockets. */
  unread: 141,
} as const;

interface Failure {
  readonly exitCode: number;
  /** What to print. */
  readonly line: string;
}

const UNKNOWN = "urn:edge-canceler:problem:task-unknown";

/** Throws a plain error for an unknown task: for these commands, that is exit code 1 and not 77. */
export function explainUnknown(error: unknown): never {
  const kind = error instanceof RequestRefusedError ? error.problem?.type : undefined;
  if (kind !== UNKNOWN) throw error;
  throw new Error("the task is unknown, or the token does not name it");
}

/** Explains a refusal to declare or start a task: it may be unknown, so the token does not name it. */
export function explainUncovered(error: unknown): never {
  const problem = error instanceof RequestRefusedError ? error.problem : null;
  if (problem?.type !== UNKNOWN) throw error;
  const detail = `The token does not name the task, or its parent${tokenHint("another")}`;
  throw new RequestRefusedError(problem.status, { ...problem, detail });
}

function tokenHint(which: "another" | "a valid"): string {
  return `: give ${which} token with EDGE_CANCELER_TOKEN or --token-file`;
}

/** What a network without a direct way out looks like: no name is found, or packets are dropped. */
const NO_WAY_OUT =
  /^no answer from \S+$|\((?:ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\)$/;
/** What one that inspects TLS looks like: the certificate's issuer is unknown. */
const UNKNOWN_ISSUER =
  /\((?:SELF_SIGNED_CERT|DEPTH_ZERO_SELF|UNABLE_TO_(?:GET_ISSUER|VERIFY))\w*\)$/;

function networkHint(said: string): string {
  if (UNKNOWN_ISSUER.test(said)) {
    return " Does this network have its own certificate authority (NODE_EXTRA_CA_CERTS)?";
  }
  const mayNeedProxy = NO_WAY_OUT.test(said) && !namesProxy(process.env);
  return mayNeedProxy ? " Does this network need HTTPS_PROXY?" : "";
}

/** The exit code and the message for a failure. */
export function explainFailure(error: unknown): Failure {
  if (error instanceof RequestRefusedError) {
    // A bad request comes from the arguments of the command.
    const exitCode = error.status === 400 ? EXIT_CODE.usage : EXIT_CODE.refused;
    return { exitCode, line: refusal(error) };
  }
  if (error instanceof ServiceUnreachableError) {
    const why = error.cause === undefined ? "" : ` (${rootCause(error.cause)})`;
    const said = error.message + why;
    return {
      exitCode: EXIT_CODE.unreachable,
      line: `${said}: is the address right, and is the service up?${networkHint(said)}`,
    };
  }
  const line = error instanceof Error ? error.message : `${error}`;
  return { exitCode: error instanceof UsageError ? EXIT_CODE.usage : EXIT_CODE.no, line };
}

function refusal({ status, message, problem }: RequestRefusedError): string {
  const said = problem === null ? message : `refused (${status}): ${asCommands(message)}`;
  return said.replace(/\.$/, "") + hint(status, problem);
}

/** Translates the routes in the service's messages to commands. */
const COMMANDS: readonly (readonly [route: RegExp, command: string])[] = [
  [/\bPUT \/v1\/tasks\/(\S+?)(?=[,.]?(?:\s|$))/g, "edge-canceler declare $1"],
  [/\bDELETE \/v1\/tasks\/(\S+?)(?=[,.]?(?:\s|$))/g, "edge-canceler forget $1"],
  [/\bPOST \/v1\/tasks\/([^\s/]+)\/(start|finish|cancel)\b/g, "edge-canceler $2 $1"],
  [/\bPUT \/v1\/queues\/(\S+) \{"accepting":true\}/g, "edge-canceler queue $1 open"],
  [/\bGET \/v1\/tasks\/(\S+)\?wait=30/g, "edge-canceler watch $1"],
  [/\bPUT \/v1\/webhooks\/(\S+?)(?=[,.]?(?:\s|$))/g, "edge-canceler webhook add $1 URL"],
  [/\bGET \/v1\/webhooks\/(\S+)\/deliveries\b/g, "edge-canceler webhook deliveries $1"],
  [/"takeOver": true/g, "--take-over"],
  [/: (?:send it as Authorization: Bearer TOKEN|get a new one)\.?$/, ""],
  [/send "parent": null/g, "leave out --parent (with exec: give --no-parent)"],
];

function asCommands(message: string): string {
  return COMMANDS.reduce((text, [route, command]) => text.replace(route, command), message);
}

function hint(status: number, problem: RequestRefusedError["problem"]): string {
  if (status === 401) return tokenHint("a valid");
  if (status === 403) return tokenHint("another");
  const isKnown = problem !== null && problem.type !== "urn:edge-canceler:problem:no-such-route";
  const isElsewhere = status === 404 && !isKnown;
  return isElsewhere ? ": is the address right? It ends before /v1" : "";
}

/** The innermost cause of a failure, in words: its code, such as `ECONNREFUSED`, or its message. */
export function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return code || cause.message;
}
