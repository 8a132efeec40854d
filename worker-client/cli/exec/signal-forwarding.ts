import type { RunningCommand } from "./running-command.ts";

/** What says "stop", to everybody, and what is a word for the command itself. */
const TO_ALL = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
const TO_COMMAND = ["SIGUSR1", "SIGUSR2"] as const;

/**
 * What is sent to `exec` is the command's. From here on no signal but SIGKILL ends this process,
 * not as PID 1 either, so it never dies before its command.
 */
export class SignalForwarding {
  #command: RunningCommand | null = null;
  #first: NodeJS.Signals | null = null;
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

  /** From now on there is no command: the next "stop" is told. */
  onStop(listener: () => void): void {
    this.#command = null;
    this.#onSignal = listener;
  }

  async #take(signal: NodeJS.Signals, isForAll: boolean): Promise<void> {
    const command = this.#command;
    if (command === null) {
      if (!isForAll) return;
      this.#first ??= signal;
      this.#onSignal();
    } else if (!(await command.hasGot(signal))) {
      if (isForAll) command.signalAll(signal);
      else command.signal(signal);
    }
  }
}
