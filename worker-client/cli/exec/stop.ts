import type { Cancellation } from "../../index.ts";
import { cancellationLine } from "../task-lines.ts";
import type { RunningCommand } from "./command.ts";
import { GracePeriod, graceMs, type OwnGrace, toldSeconds } from "./grace.ts";
import { killAfterGrace } from "./kill.ts";
import type { ExecOptions } from "./options.ts";
import { StopCommand } from "./stop-command.ts";
import { warn } from "./warn.ts";

/** Why `exec` stops its command. */
export type StopReason =
  | {
      readonly kind: "cancelled";
      readonly cancellation: Cancellation;
      /** Nobody had started the task in time. Default: false. */
      readonly isTooLate?: boolean;
    }
  /** Another holder has started the task. */
  | { readonly kind: "fenced"; readonly attempt: number }
  /** The task has ended and was forgotten. */
  | { readonly kind: "gone" }
  /** The service was silent for the time of `--lease`, or has given up on the run. */
  | { readonly kind: "lease-lost" }
  /** The worker that runs it shuts down. */
  | { readonly kind: "worker-stops" }
  /** The service was silent for the time of `--on-unreachable abort-after`. */
  | { readonly kind: "unreachable"; readonly seconds: number }
  /** The deadline has passed, and the service has not said so. */
  | { readonly kind: "deadline"; readonly seconds: number };

/** How a command was told to stop while it ran. */
export interface CommandStop {
  readonly reason: StopReason;
  /** The signal that asks the command to stop. */
  readonly signal: NodeJS.Signals;
  /** Why `--stop-command` failed; null if it did not, or was not given. */
  readonly failure: string | null;
}

interface StopperOptions {
  readonly command: RunningCommand;
  readonly options: Pick<ExecOptions, "signal" | "killMode" | "stopCommand">;
  /** Prints what happens. Default: on stderr. */
  readonly warn?: (line: string) => void;
  readonly ownGrace: () => OwnGrace;
  /** The environment of `--stop-command`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Stops a command once, for the first reason that comes up, with all that it has started. */
export class CommandStopper {
  readonly #command: RunningCommand;
  readonly #options: StopperOptions["options"];
  readonly #warn: (line: string) => void;
  readonly #ownGrace: () => OwnGrace;
  readonly #environment: StopperOptions["environment"];
  #reason: StopReason | null = null;
  #grace: GracePeriod | null = null;
  /** The grace period that the cancellation names; a later cancel may shorten it. */
  #toldSeconds = Number.POSITIVE_INFINITY;
  #stopCommand: StopCommand | null = null;
  #failure: string | null = null;
  #done: Promise<void> | null = null;

  constructor({ command, options, ownGrace, environment, warn: say = warn }: StopperOptions) {
    this.#command = command;
    this.#options = options;
    this.#warn = say;
    this.#ownGrace = ownGrace;
    this.#environment = environment;
  }

  /** Why the command was told to stop while it ran; null if it ended by itself. */
  get stop(): CommandStop | null {
    const reason = this.#reason;
    return reason && { reason, signal: this.#options.signal, failure: this.#failure };
  }

  /** Resolves when nothing is left of a command that is being stopped, or at once if it is not. */
  async finished(): Promise<void> {
    await this.#done;
  }

  /** Stops the command, unless it has ended or is being stopped. */
  begin(reason: StopReason): void {
    if (this.#done !== null || this.#command.hasEnded) return;
    const cancellation = reason.kind === "cancelled" ? reason.cancellation : null;
    this.#toldSeconds = toldSeconds(cancellation) ?? Number.POSITIVE_INFINITY;
    const isTold = this.#runStopCommand() || this.#signalCommand();
    // From here on, the command is killed in time, whatever happens below.
    const milliseconds = graceMs(cancellation, this.#ownGrace());
    this.#done = this.#finish(milliseconds);
    // It may have ended just now, before we noticed: then nothing was stopped.
    if (!isTold) return;
    this.#reason = reason;
    const how = this.#stopCommand === null ? this.#options.signal : "--stop-command";
    this.#warn(`${stopLine(reason)} (${how} now, ${killedIn(milliseconds)})`);
  }

  /** Applies a later cancel that gives the command less time. */
  shorten(cancellation: Cancellation): void {
    const seconds = toldSeconds(cancellation);
    if (seconds === null || seconds >= this.#toldSeconds || this.#grace === null) return;
    this.#toldSeconds = seconds;
    const milliseconds = graceMs(cancellation, this.#ownGrace());
    const isShorter = this.#grace.shorten(milliseconds);
    if (isShorter) this.#warn(`the grace period is shorter now: ${killedIn(milliseconds)}`);
  }

  /**
   * Handles a signal to stop from outside. Returns false if the signal has to be forwarded to the
   * command.
   */
  interrupt(): boolean {
    return this.#stopCommand === null && this.#runStopCommand();
  }

  /** Ends what the command left behind, once it has ended after a signal from outside, which it alone got. */
  async endRest(): Promise<void> {
    const isAnyLeft = this.#command.isAnyLeft();
    if (this.#done === null && (isAnyLeft || this.#stopCommand !== null)) {
      const { killMode, signal } = this.#options;
      const isTold = isAnyLeft && killMode === "group";
      if (isTold) this.#command.signalAll(signal);
      const milliseconds = graceMs(null, this.#ownGrace());
      this.#done = this.#finish(milliseconds);
      if (isTold) {
        this.#warn(
          `stopping what the command has left running (${signal} now, ${killedIn(milliseconds)})`,
        );
      }
    }
    await this.#done;
  }

  /** Ends the grace period now. */
  hurry(): void {
    this.#grace?.shorten(0);
  }

  /** Runs `--stop-command` once. Returns false if there is none. */
  #runStopCommand(): boolean {
    if (this.#options.stopCommand === null) return false;
    if (this.#stopCommand !== null) return true;
    this.#stopCommand = new StopCommand(this.#options.stopCommand, this.#environment);
    this.#stopCommand.ended.then((failure) => {
      this.#failure = failure;
      if (failure === null) return;
      this.#warn(`--stop-command failed (${failure}): ${this.#options.signal} now`);
      this.#signalCommand();
    });
    return true;
  }

  /** Returns whether the command itself still ran. */
  #signalCommand(): boolean {
    const { killMode, signal } = this.#options;
    return killMode === "mixed" ? this.#command.signal(signal) : this.#command.signalAll(signal);
  }

  async #finish(milliseconds: number): Promise<void> {
    const grace = new GracePeriod(milliseconds);
    this.#grace = grace;
    const { left } = await killAfterGrace(this.#command, {
      grace,
      killMode: this.#options.killMode,
      helper: this.#stopCommand,
      // Until now, only the work elsewhere was told to stop.
      onRest: () => this.#stopCommand !== null && this.#signalCommand(),
      onKill: () =>
        this.#warn(
          `${grace.leftMs > 0 ? "the command has ended" : "the grace period is over"}: SIGKILL`,
        ),
    });
    if (left > 0) {
      this.#warn(`could not kill ${left} of its processes: do they belong to another user?`);
    }
  }
}

/** When the command is killed, counted from now, in words. */
function killedIn(milliseconds: number): string {
  const seconds = Number((milliseconds / 1000).toFixed(1));
  return milliseconds < 100 ? "SIGKILL at once" : `SIGKILL in ${seconds} s`;
}

/** Why a command is stopped, in words. */
export function stopLine(reason: StopReason): string {
  switch (reason.kind) {
    case "cancelled":
      return reason.isTooLate
        ? "cancelled: nobody had started it in time"
        : wordsOf(reason.cancellation);
    case "fenced":
      return `stopped: another worker runs the task now (attempt ${reason.attempt})`;
    case "gone":
      return "stopped: the task has ended and was forgotten";
    case "lease-lost":
      return "stopped: the run has lost its lease, so the task may run elsewhere (--lease)";
    case "worker-stops":
      return "stopped: the worker shuts down";
    case "unreachable":
      return `stopped: nothing was heard from the service for ${reason.seconds} s (--on-unreachable)`;
    case "deadline":
      return `stopped: it has run for the ${reason.seconds} s of --timeout`;
  }
}

/** A cancel counts, whatever the cancellation contains. An unknown cause is shown as it is. */
function wordsOf(cancellation: Cancellation): string {
  try {
    const line: string | undefined = cancellationLine(cancellation);
    return line ?? `cancelled (${cancellation.cause})`;
  } catch {
    return "cancelled";
  }
}
