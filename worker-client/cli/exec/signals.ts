import { constants } from "node:os";
import type { CommandEnd, RunningCommand } from "./command.ts";
import { readOwnEntry } from "./process-list.ts";

/** Signals that ask to stop. */
const STOPS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
/** Signals whose meaning is up to the command. */
const OTHERS: readonly NodeJS.Signals[] = [
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
];
/** Signals that a terminal sends to every process in its foreground, so the command gets them anyway. */
const OF_A_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGHUP", "SIGWINCH"];

interface Receiver {
  readonly command: Pick<RunningCommand, "hasTerminal" | "signal">;
  /** Called at each signal to stop. Returns whether the signal need not be forwarded to the command. */
  readonly onStop: () => boolean;
}

/**
 * Forwards the signals that `exec` gets to the command itself, and to none of its other processes, as
 * it would be without `exec`. None of them ends this process, not even as PID 1, so it does not die
 * before its command. The signals that are missing here cannot be caught in every runtime (SIGKILL,
 * SIGPWR, the real-time ones), or mean that `exec` itself has crashed.
 */
export class SignalForwarding {
  #receiver: Receiver | null = null;
  #interruptedBy: NodeJS.Signals | null = null;
  /** The exit codes of the signals that came while the command ran. */
  readonly #heard = new Set<number>();
  /** The exit code of a signal that has ended the command but has not arrived here yet; null for none. */
  #late: number | null = null;
  #hasEnded = false;
  #hasTerminal = false;
  #onSignal = (_isFromTerminal: boolean) => {};

  constructor() {
    for (const signal of STOPS) process.on(signal, () => this.#take(signal, true));
    for (const signal of OTHERS) process.on(signal, () => this.#take(signal, false));
  }

  /** The first signal to stop that came before the command had ended; null if none did. */
  get interruptedBy(): NodeJS.Signals | null {
    return this.#interruptedBy;
  }

  /** Forwards signals to this command from now on. */
  forwardTo(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /**
   * Stops forwarding, because the command has ended. From now on, calls the listener at each signal to
   * stop, with whether it may come from the terminal. On a terminal, Ctrl-C reaches the command and
   * `exec` alike, and `exec` may notice the command's end first: the signal of that `exitCode` is then
   * not a new one.
   */
  onStop(exitCode: number, listener: (isFromTerminal: boolean) => void): void {
    if (this.#receiver?.command.hasTerminal) {
      this.#hasTerminal = true;
      if (!this.#heard.has(exitCode)) this.#late = exitCode;
    }
    this.#receiver = null;
    this.#hasEnded = true;
    this.#onSignal = listener;
  }

  #take(signal: NodeJS.Signals, isStop: boolean): void {
    if (this.#hasEnded) {
      if (isStop) this.#takeLate(signal);
      return;
    }
    this.#heard.add(exitCodeOfSignal(signal));
    const isInTime = this.#receiver === null || this.#forward(signal, isStop, this.#receiver);
    if (isStop && isInTime) this.#interruptedBy ??= signal;
  }

  /** Returns whether the command still runs, as far as can be told. */
  #forward(signal: NodeJS.Signals, isStop: boolean, { command, onStop }: Receiver): boolean {
    if (isStop && onStop()) return true;
    if (command.hasTerminal && comesFromTerminal(signal)) return true;
    return command.signal(signal);
  }

  #takeLate(signal: NodeJS.Signals): void {
    const isNew = exitCodeOfSignal(signal) !== this.#late;
    this.#late = null;
    if (isNew) this.#onSignal(this.#hasTerminal && comesFromTerminal(signal));
  }
}

/** When a terminal goes away, only its session's leader gets SIGHUP: with `ssh -t host …`, that is `exec`. */
function comesFromTerminal(signal: NodeJS.Signals): boolean {
  const isLeader = readOwnEntry(process.pid)?.session === process.pid;
  return OF_A_TERMINAL.includes(signal) && !(signal === "SIGHUP" && isLeader);
}

/**
 * Whether a signal to stop has ended a command, or what the command was waiting for: a shell and a nested
 * `exec` say so with their exit code.
 */
export function wasInterrupted({ exitCode, signal }: CommandEnd): boolean {
  return STOPS.some((stop) => stop === signal || exitCodeOfSignal(stop) === exitCode);
}

/** The exit code that shells give a command that this signal has ended. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** Signals a process, or a group by its negative number. Returns whether anything could be signalled. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has ended, or belongs to another user.
    return false;
  }
}
