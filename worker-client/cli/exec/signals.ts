import type { RunningCommand } from "./command.ts";
import { readProcEntry } from "./process-list.ts";
import { exitCodeOfSignal } from "./report.ts";

/** Signals that ask to stop. */
const STOPS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/** Signals that mean something to the command itself. */
const OTHERS = [
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
/** Signals that a terminal sends to every process in its foreground, so the command has them already. */
const OF_A_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGHUP", "SIGWINCH"];

/**
 * Forwards the signals that `exec` gets to its command. None of them ends this process, not even as
 * PID 1, so it does not die before its command. The signals that are missing here cannot be caught
 * in every runtime (SIGKILL, SIGPWR, the real-time ones), or mean that `exec` itself has crashed.
 */
export class SignalForwarding {
  #command: RunningCommand | null = null;
  #first: NodeJS.Signals | null = null;
  /** The exit codes of the signals that came while the command ran. */
  readonly #heard = new Set<number>();
  /** The exit code of a signal that has ended the command and is still on its way here; null: none. */
  #late: number | null = null;
  #onSignal = () => {};

  constructor() {
    for (const signal of STOPS) process.on(signal, () => this.#take(signal, true));
    for (const signal of OTHERS) process.on(signal, () => this.#take(signal, false));
  }

  /** The first signal to stop that came while there was no command to forward it to. */
  get first(): NodeJS.Signals | null {
    return this.#first;
  }

  /** Forwards signals to this command from now on. */
  forwardTo(command: RunningCommand): void {
    this.#command = command;
  }

  /**
   * Forwards nothing from now on, because the command has ended; calls the listener at the next
   * signal to stop. On a terminal, Ctrl-C reaches the command and `exec` alike, and `exec` may notice
   * the command's end first: the signal of that `exitCode` is then not a new one.
   */
  onStop(exitCode: number, listener: () => void): void {
    if (this.#command?.hasTerminal && !this.#heard.has(exitCode)) this.#late = exitCode;
    this.#command = null;
    this.#onSignal = listener;
  }

  #take(signal: NodeJS.Signals, isStop: boolean): void {
    const command = this.#command;
    if (command === null) {
      if (isStop) this.#stop(signal);
      return;
    }
    this.#heard.add(exitCodeOfSignal(signal));
    if (command.hasTerminal && comesFromTerminal(signal)) return;
    if (isStop) command.signalAll(signal);
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

/** A terminal that goes away tells only the leader of its session, which `ssh -t host …` makes of `exec`. */
function comesFromTerminal(signal: NodeJS.Signals): boolean {
  if (signal === "SIGHUP" && isSessionLeader()) return false;
  return OF_A_TERMINAL.includes(signal);
}

function isSessionLeader(): boolean {
  return process.platform === "linux" && readProcEntry(process.pid)?.session === process.pid;
}

/** Signals a process, or a group by its negative number. Returns whether anything could be signalled. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has ended, or it is another user's.
    return false;
  }
}
