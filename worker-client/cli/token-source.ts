import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { TaskClientOptions } from "../index.ts";
import { warn } from "./exec/warn.ts";
import { UsageError } from "./failure.ts";
import { paced } from "./paced.ts";

interface Flags {
  readonly "token-file"?: string | undefined;
  readonly "token-command"?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the token, or a function that gets it from a file or a command whenever the client needs
 * another one: a job may run for longer than a token is valid. Throws a `UsageError` if there is no
 * usable token at the start.
 */
export function tokenFrom(flags: Flags, environment: Environment): TaskClientOptions["token"] {
  const { "token-file": file, "token-command": command } = flags;
  if (file !== undefined && command !== undefined) {
    throw new UsageError("give --token-file or --token-command, not both");
  }
  if (command !== undefined) return fromCommand(command, environment);
  if (file === undefined) {
    const token = environment["EDGE_CANCELER_TOKEN"]?.trim();
    return token ? requireToken(token, "EDGE_CANCELER_TOKEN") : undefined;
  }
  readTokenFile(file);
  if (isReadableByOthers(file)) {
    warn(`every user of this machine can read the token file ${file}: chmod 600 ${file}`);
  }
  return () => readTokenFile(file);
}

function readTokenFile(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, "utf8").trim();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    throw new UsageError(`cannot read the token file ${file}${code}: name one with --token-file`);
  }
  if (token === "") throw new UsageError(`the token file ${file} is empty: put the token in it`);
  return requireToken(token, `the token file ${file}`);
}

/** Returns the token if it is well-formed. Otherwise throws an error that does not reveal it. */
function requireToken(token: string, source: string): string {
  if (/^[!-~]+$/.test(token)) return token;
  throw new UsageError(
    `${source} does not hold a token alone: it has spaces or unusual characters`,
  );
}

const BY_OTHERS = 0o004;

function isReadableByOthers(file: string): boolean {
  const stat = statSync(file);
  // A pipe, such as a shell's <(…), has no other readers.
  return stat.isFile() && (stat.mode & BY_OTHERS) !== 0;
}

/** How long all clients share a token: its command may take a while to print a new one. */
const SHARED_FOR_MS = 5000;

function fromCommand(command: string, environment: Environment): () => Promise<string> {
  const tellFailure = paced(warn);
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let token: Promise<string>;
  return () => {
    if (performance.now() - askedAtMs > SHARED_FOR_MS) {
      askedAtMs = performance.now();
      token = outputOf(command, environment);
      token.catch((error: Error) => {
        askedAtMs = Number.NEGATIVE_INFINITY;
        tellFailure(`the token command failed: ${error.message}`);
      });
    }
    return token;
  };
}

const COMMAND_WITHIN_MS = 30_000;

async function outputOf(command: string, environment: Environment): Promise<string> {
  const child = spawn("/bin/sh", ["-c", command], {
    stdio: ["ignore", "pipe", "inherit"],
    // An empty mark says that it does not belong to the command that exec runs.
    env: { ...environment, EDGE_CANCELER_RUN: "" },
    // In a group of its own, it does not get Ctrl-C, and can be killed with all that it starts.
    detached: true,
  });
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, COMMAND_WITHIN_MS);
  try {
    const ended = new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    const [output, end] = await Promise.all([text(child.stdout), ended]);
    const token = output.trim();
    if (end !== "exit code 0") throw new Error(end);
    if (token === "") throw new Error("it printed no token");
    return requireToken(token, "what it printed");
  } finally {
    clearTimeout(timer);
  }
}
