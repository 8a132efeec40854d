import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { EXIT_CODE } from "../failure.ts";
import { oneLine } from "../terminal.ts";
import { CommandProcesses, type RunMark } from "./process-tree.ts";
import { GroupWitness, sendSignal } from "./signals.ts";

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
}

/**
 * A command as it runs, with all that it has started. Its stdin, stdout and stderr are those of
 * `exec`, as they are.
 *
 * Where there is a terminal, it stays in `exec`'s own process group, or it would lose the terminal:
 * Ctrl-C, Ctrl-Z and passwords work as they do without `exec`. Node cannot hand a terminal over to
 * another group, so there its processes are looked for one by one. Where there is none, it leads a
 * session and a group of its own, which can be signalled in one go, and the rest is looked for.
 */
export class RunningCommand {
  /** Resolves when the command itself has ended; it never rejects. */
  readonly ended: Promise<CommandEnd>;
  readonly #pid: number | undefined;
  readonly #isLeader: boolean;
  readonly #witness: GroupWitness | null;
  readonly #processes: CommandProcesses | null;
  #hasEnded = false;

  constructor({ file, args, environment, mark }: Options) {
    const startedAtMs = performance.now();
    const hasOwnTerminal = hasTerminal();
    this.#isLeader = !hasOwnTerminal;
    // It is there before the command, so that no Ctrl-Z of the first moment stops it half started.
    this.#witness = hasOwnTerminal ? new GroupWitness() : null;
    const end = (how: Partial<CommandEnd>): CommandEnd => {
      this.#hasEnded = true;
      this.#witness?.dismiss();
      const durationSeconds = Math.round(performance.now() - startedAtMs) / 1000;
      return { exitCode: null, signal: null, failure: null, ...how, durationSeconds };
    };
    const unspawned = (error: unknown) => end(exitCodeUnspawned(error, file));
    try {
      const child = spawn(file, args, {
        stdio: "inherit",
        detached: this.#isLeader,
        env: { ...environment, ...mark.addTo(environment) },
      });
      this.ended = new Promise((resolve) => {
        child.once("exit", (exitCode, signal) => resolve(end({ exitCode, signal })));
        child.once("error", (error) => resolve(unspawned(error)));
      });
      this.#pid = child.pid;
      if (this.#isLeader) letGoOfStdio([0, 1]);
    } catch (error) {
      this.ended = Promise.resolve().then(() => unspawned(error));
    }
    this.#processes =
      this.#pid === undefined
        ? null
        : new CommandProcesses({
            pid: this.#pid,
            isLeader: this.#isLeader,
            hasEnded: () => this.#hasEnded,
            mark,
            except: () => (this.#witness?.pid === undefined ? [] : [this.#witness.pid]),
          });
  }

  /** Whether the command itself has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether there is a terminal, whose Ctrl-C comes to it and to `exec` alike. */
  get hasTerminal(): boolean {
    return this.#witness !== null;
  }

  /** Whether a signal that has just come here has come to the command too, without us. */
  async hasGot(signal: NodeJS.Signals): Promise<boolean> {
    return (await this.#witness?.saw(signal)) ?? false;
  }

  /** A signal to the command alone. */
  signal(signal: NodeJS.Signals): void {
    if (this.#pid !== undefined && !this.#hasEnded) sendSignal(this.#pid, signal);
  }

  /** How many processes are left of it. */
  left(): number {
    return this.#processes?.left() ?? 0;
  }

  /**
   * A signal to all its processes, once to each. Answers whether the command itself was among
   * them.
   */
  signalAll(signal: NodeJS.Signals): boolean {
    return this.#processes?.signalAll(signal) ?? false;
  }
}

/** What it means that a command could not be started, as the shells have it. */
function exitCodeUnspawned(error: unknown, file: string): Pick<CommandEnd, "exitCode" | "failure"> {
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
 * Lets go of stdin (0), stdout (1) or stderr (2): whoever reads from the command, or writes to it,
 * learns at once that it has closed its side; and Node, which would put a terminal's settings back
 * when it ends, leaves them alone, for they are another program's by then if `exec` ran in the
 * background. Deno holds on to them, and puts nothing back.
 */
export function letGoOfStdio(descriptors: readonly (0 | 1 | 2)[]): void {
  if (process.versions["deno"]) return;
  for (const descriptor of descriptors) {
    try {
      closeSync(descriptor);
      // It gets the lowest number that is free: this one.
      openSync("/dev/null", MODES[descriptor]);
    } catch {
      // It was closed from the start.
    }
  }
}

/** Whether there is a terminal that sends Ctrl-C here, wherever stdin comes from. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
