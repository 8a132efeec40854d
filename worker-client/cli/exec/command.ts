import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { EXIT_CODE } from "../failure.ts";
import { oneLine } from "../terminal.ts";
import { CommandProcesses } from "./process-tree.ts";
import type { RunMark } from "./run-mark.ts";

/** How a command ended. */
export interface CommandEnd {
  /** Null if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationSeconds: number;
  /** Why it could not even be started; null if it was. */
  readonly failure: string | null;
}

interface Options {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly mark: RunMark;
  /**
   * What the command reads on stdin. The command is then one of several that this process runs, and
   * leads a session of its own even on a terminal. Default: the stdin of `exec`.
   */
  readonly input?: string;
}

/**
 * A running command, with all that it has started. It has the stdin, stdout and stderr of `exec`.
 *
 * On a terminal, it stays in the process group of `exec`, because Node cannot hand a terminal over to
 * another group: Ctrl-C, Ctrl-Z and password prompts work as they do without `exec`, and its processes
 * are found and signalled one by one. Without a terminal, it leads a session and a group of its own,
 * which is signalled as a whole.
 */
export class RunningCommand {
  /** Resolves when the command itself has ended; it never rejects. */
  readonly ended: Promise<CommandEnd>;
  /** Undefined if it could not be started. */
  readonly pid: number | undefined;
  /** Whether it shares a terminal with `exec`, whose Ctrl-C reaches both. */
  readonly hasTerminal: boolean;
  readonly #processes: CommandProcesses | null;
  #hasEnded = false;

  constructor({ file, args, environment, mark, input }: Options) {
    const startedAtMs = performance.now();
    this.hasTerminal = input === undefined && hasTerminal();
    const isLeader = !this.hasTerminal;
    const end = (how: Partial<CommandEnd>): CommandEnd => {
      this.#hasEnded = true;
      const durationSeconds = Math.round(performance.now() - startedAtMs) / 1000;
      return { exitCode: null, signal: null, failure: null, ...how, durationSeconds };
    };
    const unspawned = (error: unknown) => end(spawnFailure(error, file));
    try {
      const child = spawn(file, args, {
        stdio: input === undefined ? "inherit" : ["pipe", "inherit", "inherit"],
        detached: isLeader,
        env: { ...environment, ...mark.addTo(environment) },
      });
      this.ended = new Promise((resolve) => {
        child.once("exit", (exitCode, signal) => resolve(end({ exitCode, signal })));
        child.once("error", (error) => resolve(unspawned(error)));
      });
      this.pid = child.pid;
      // A command need not read its input.
      child.stdin?.on("error", () => {}).end(input);
      if (isLeader && input === undefined) releaseStdio([0, 1]);
    } catch (error) {
      this.ended = Promise.resolve().then(() => unspawned(error));
    }
    this.#processes =
      this.pid === undefined
        ? null
        : new CommandProcesses({
            pid: this.pid,
            isLeader,
            ownsOrphans: input === undefined,
            hasEnded: () => this.#hasEnded,
            mark,
          });
  }

  /** Whether the command itself has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Signals the command alone. Returns whether it runs. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#processes?.signalCommand(signal) ?? false;
  }

  /** Whether any of its processes is left. */
  isAnyLeft(): boolean {
    return this.#processes?.isAnyLeft() ?? false;
  }

  /** How many of its processes are left. */
  left(): number {
    return this.#processes?.left() ?? 0;
  }

  /** Signals each of its processes once. Returns whether the command itself was among them. */
  signalAll(signal: NodeJS.Signals): boolean {
    return this.#processes?.signalAll(signal) ?? false;
  }
}

/** What a shell would say and exit with for a command that cannot be started. */
function spawnFailure(error: unknown, file: string): Pick<CommandEnd, "exitCode" | "failure"> {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const name = oneLine(file);
  if (code === "ENOENT") {
    return {
      exitCode: EXIT_CODE.notFound,
      failure: `${name}: command not found: is its name right, and is it on the PATH?`,
    };
  }
  return { exitCode: EXIT_CODE.notExecutable, failure: `${name}: cannot be executed (${code})` };
}

const MODES = ["r", "w", "w"] as const;

/**
 * Replaces stdin (0), stdout (1) or stderr (2) by /dev/null. The other end of a pipe then notices at
 * once when the command closes its side. And Node, which restores a terminal's settings when it exits,
 * leaves them alone: if `exec` ran in the background, they belong to another program by then. In Deno,
 * which restores nothing, they stay open.
 */
export function releaseStdio(descriptors: readonly (0 | 1 | 2)[]): void {
  if (process.versions["deno"]) return;
  for (const descriptor of descriptors) {
    try {
      closeSync(descriptor);
      // This takes the lowest free number: the one that was just closed.
      openSync("/dev/null", MODES[descriptor]);
    } catch {
      // It was closed before exec began.
    }
  }
}

/** Whether this process has a controlling terminal, wherever its stdin comes from. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
