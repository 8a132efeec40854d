import { exitCodeOfSignal } from "./exit-code-of-signal.ts";
import type { RunningCommand } from "./running-command.ts";

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
