import { type ChildProcess, spawn } from "node:child_process";
import type { RunningCommand } from "./command.ts";
import { exitCodeOfSignal } from "./report.ts";

/** What says "stop", to everybody, and what is a word for the command itself. */
const TO_ALL = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
const TO_COMMAND = [
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGVTALRM",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGIO",
  "SIGSYS",
  "SIGABRT",
  "SIGWINCH",
] as const;

/**
 * What is sent to `exec` is the command's. From here on none of these signals ends this process,
 * not as PID 1 either, so it does not die before its command. Those that are missing, no runtime
 * can take (SIGKILL, the real-time ones), or not every one (SIGPWR), or they are faults of `exec`.
 */
export class SignalForwarding {
  #command: RunningCommand | null = null;
  #first: NodeJS.Signals | null = null;
  /** What came while the command ran, as the exit code that it would make. */
  readonly #heard = new Set<number>();
  /** One that has ended the command and is still on its way here; null: none. */
  #late: number | null = null;
  #onSignal = () => {};

  constructor() {
    for (const signal of TO_ALL) process.on(signal, () => this.#take(signal, true));
    for (const signal of TO_COMMAND) process.on(signal, () => this.#take(signal, false));
  }

  /** The first "stop" that came while there was no command to forward it to. */
  get first(): NodeJS.Signals | null {
    return this.#first;
  }

  /** From now on they go to the command. */
  forwardTo(command: RunningCommand): void {
    this.#command = command;
  }

  /**
   * From now on there is no command: the next "stop" is told. On a terminal Ctrl-C comes to the
   * command and here, and its end may be noticed first: the signal that ended it is no new one.
   */
  onStop(exitCode: number, listener: () => void): void {
    if (this.#command?.hasTerminal && !this.#heard.has(exitCode)) this.#late = exitCode;
    this.#command = null;
    this.#onSignal = listener;
  }

  async #take(signal: NodeJS.Signals, isForAll: boolean): Promise<void> {
    const command = this.#command;
    if (command === null) {
      if (isForAll) this.#stop(signal);
      return;
    }
    // A terminal tells all that run on it by itself.
    if (signal === "SIGWINCH" && command.hasTerminal) return;
    this.#heard.add(exitCodeOfSignal(signal));
    if (await command.hasGot(signal)) return;
    if (isForAll) command.signalAll(signal);
    else command.signal(signal);
  }

  #stop(signal: NodeJS.Signals): void {
    const isLate = exitCodeOfSignal(signal) === this.#late;
    this.#late = null;
    if (isLate) return;
    this.#first ??= signal;
    this.#onSignal();
  }
}

/** Sends a signal to a process, or to a group by its negative number. Answers false if none could be sent. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has ended, or it is another user's.
    return false;
  }
}

/** As long as it may take until both have noticed, on a machine that is busy. */
const BOTH_WITHIN_MS = 250;

/** A death of the witness that nobody has asked for yet, or somebody who asks for one. */
interface Half {
  readonly signal: NodeJS.Signals;
  match(): void;
}

/**
 * A process beside the command that does nothing but die of signals. On a terminal `exec` and its
 * command are in one process group: Ctrl-C is sent to both by the kernel, `kill` by number to only
 * one, and a signal does not say how it came. If a witness died of it too, it came to the group.
 * Each death accounts for one signal, whichever of the two is noticed first; where they come too
 * fast for a witness to be in its place, the command rather hears of one twice than never.
 */
export class GroupWitness {
  readonly #deaths: Half[] = [];
  readonly #askers: Half[] = [];
  #process: ChildProcess;
  #isDismissed = false;

  constructor() {
    this.#process = this.#standBy();
  }

  /** The process, to be told apart from the command's. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Whether a signal that has just come here has come to the whole group. */
  saw(signal: NodeJS.Signals): Promise<boolean> {
    // Without cat(1) nobody can tell; Ctrl-C is what comes most.
    if (this.#process.pid === undefined) return Promise.resolve(true);
    return new Promise((resolve) => match(signal, this.#deaths, this.#askers, resolve));
  }

  dismiss(): void {
    this.#isDismissed = true;
    this.#process.kill("SIGKILL");
  }

  /** It waits for a word that never comes, and ends when `exec` does, even by SIGKILL. */
  #standBy(): ChildProcess {
    const witness = spawn("cat", [], { stdio: ["pipe", "ignore", "ignore"] });
    witness.on("error", () => {});
    witness.on("exit", (_, signal) => {
      if (this.#isDismissed) return;
      this.#process = this.#standBy();
      if (signal !== null) match(signal, this.#askers, this.#deaths, () => {});
    });
    witness.unref();
    return witness;
  }
}

/** Takes the other half, if it is there, or waits among its own kind for a while. */
function match(
  signal: NodeJS.Signals,
  others: Half[],
  own: Half[],
  settle: (isMatched: boolean) => void,
): void {
  const index = others.findIndex((half) => half.signal === signal);
  if (index >= 0) {
    others.splice(index, 1)[0]?.match();
    settle(true);
    return;
  }
  const leave = (isMatched: boolean) => {
    clearTimeout(timer);
    if (own.includes(half)) own.splice(own.indexOf(half), 1);
    settle(isMatched);
  };
  const half: Half = { signal, match: () => leave(true) };
  const timer = setTimeout(() => leave(false), BOTH_WITHIN_MS);
  own.push(half);
}
