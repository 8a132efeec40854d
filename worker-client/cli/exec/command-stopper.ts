import type { CommandStop } from "./command-stop.ts";
import type { ExecOptions } from "./exec-options.ts";
import { graceMs } from "./grace-ms.ts";
import type { RunningCommand } from "./running-command.ts";
import { stopCommand } from "./stop-command.ts";
import { stopLine } from "./stop-line.ts";
import type { StopReason } from "./stop-reason.ts";
import { tellBriefly } from "./tell-briefly.ts";

/** Stops a command once, for the first reason there is. */
export class CommandStopper {
  readonly #command: RunningCommand;
  readonly #options: ExecOptions;
  #stop: CommandStop | null = null;
  #done: Promise<void> | null = null;

  constructor(command: RunningCommand, options: ExecOptions) {
    this.#command = command;
    this.#options = options;
  }

  /** What the command was told while it ran; null if it ended by itself. */
  get stop(): CommandStop | null {
    return this.#stop;
  }

  /** Resolves when nothing is left of a command that is being stopped; at once if none is. */
  async finished(): Promise<void> {
    await this.#done;
  }

  begin(reason: StopReason): void {
    if (this.#done !== null || this.#command.hasEnded) return;
    const { signal, graceSeconds } = this.#options;
    const milliseconds = graceMs(reason, graceSeconds, Date.now());
    // It may have ended just now, unheard: then there is nothing that was stopped.
    if (this.#command.signalAll(signal)) {
      this.#stop = { reason, signal };
      tellBriefly(`${stopLine(reason)} (${signal} now, SIGKILL ${inWords(milliseconds)})`);
    }
    this.#done = this.#finish(milliseconds);
  }

  async #finish(milliseconds: number): Promise<void> {
    const { left } = await stopCommand(this.#command, {
      graceMs: milliseconds,
      onKill: () => tellBriefly("the grace period is over: SIGKILL"),
    });
    if (left > 0) tellBriefly(`could not kill ${left} of its processes: are they another user's?`);
  }
}

function inWords(milliseconds: number): string {
  if (milliseconds === 0) return "at once";
  return `in ${Number((milliseconds / 1000).toFixed(1))} s`;
}
