import { setTimeout as sleep } from "node:timers/promises";
import type { Cancellation } from "../../index.ts";
import { cancellationLine } from "../task-lines.ts";
import type { RunningCommand } from "./command.ts";
import type { ExecOptions } from "./options.ts";
import { warn } from "./warn.ts";

/** Why `exec` stops its command. */
export type StopReason =
  | {
      readonly kind: "cancelled";
      readonly cancellation: Cancellation;
      /** Whether the task counts as stopped already, because the cancel was heard too late. */
      readonly isOver: boolean;
    }
  /** Another holder has started the task. */
  | { readonly kind: "fenced"; readonly attempt: number }
  /** The task has ended and was forgotten. */
  | { readonly kind: "gone" }
  /** Nothing was heard for the time of `--on-unreachable abort-after`. */
  | { readonly kind: "unreachable"; readonly seconds: number }
  /** The deadline has passed, and the service has not said so. */
  | { readonly kind: "deadline"; readonly seconds: number };

/** That a command was told to stop while it ran. */
export interface CommandStop {
  readonly reason: StopReason;
  /** The signal that told it. */
  readonly signal: NodeJS.Signals;
}

/** Stops a command once, for the first reason that comes up. */
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

  /** Resolves when nothing is left of a command that is being stopped; at once if it is not. */
  async finished(): Promise<void> {
    await this.#done;
  }

  begin(reason: StopReason): void {
    if (this.#done !== null || this.#command.hasEnded) return;
    const { signal, graceSeconds } = this.#options;
    const milliseconds = graceMs(reason, graceSeconds, Date.now());
    // It may have ended just now, before we noticed: then nothing was stopped.
    if (this.#command.signalAll(signal)) {
      this.#stop = { reason, signal };
      warn(`${stopLine(reason)} (${signal} now, SIGKILL ${inWords(milliseconds)})`);
    }
    this.#done = this.#finish(milliseconds);
  }

  async #finish(milliseconds: number): Promise<void> {
    const { left } = await stopCommand(this.#command, {
      graceMs: milliseconds,
      onKill: () => warn("the grace period is over: SIGKILL"),
    });
    if (left > 0) warn(`could not kill ${left} of its processes: are they another user's?`);
  }
}

function inWords(milliseconds: number): string {
  if (milliseconds === 0) return "at once";
  return `in ${Number((milliseconds / 1000).toFixed(1))} s`;
}

const LOOK_EVERY_MS = 50;
const KILL_AGAIN_EVERY_MS = 20;
/** A process that SIGKILL does not end in this time is stuck in the kernel, or another user's. */
const KILL_FOR_MS = 5000;

type Stoppable = Pick<RunningCommand, "ended" | "hasEnded" | "left" | "signalAll">;

interface Options {
  readonly graceMs: number;
  /** Called when the grace period is over and something is left. */
  readonly onKill: () => void;
}

interface Stopped {
  /** How many processes could not be killed. */
  readonly left: number;
}

/**
 * Ends a command that was signalled, with all that it has started: after the grace period, it sends
 * SIGKILL. Resolves when nothing is left, or when SIGKILL was tried for a while. Processes that
 * outlive the command have the grace period too.
 */
export async function stopCommand(command: Stoppable, options: Options): Promise<Stopped> {
  const killsAtMs = performance.now() + options.graceMs;
  const leftMs = () => killsAtMs - performance.now();
  while (leftMs() > 0) {
    // Node tells us when the command itself ends; after that, we have to look for the rest.
    if (command.hasEnded) {
      if (command.left() === 0) return { left: 0 };
      await sleep(Math.min(LOOK_EVERY_MS, Math.max(0, leftMs())));
    } else {
      await untilEndOr(command, Math.max(0, leftMs()));
    }
  }
  if (command.left() === 0) return { left: 0 };
  const givesUpAtMs = performance.now() + KILL_FOR_MS;
  command.signalAll("SIGKILL");
  // This comes second, because printing may take a while.
  options.onKill();
  while (command.left() > 0 && performance.now() < givesUpAtMs) {
    await sleep(KILL_AGAIN_EVERY_MS);
    command.signalAll("SIGKILL");
  }
  return { left: command.left() };
}

async function untilEndOr(command: Stoppable, milliseconds: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([
    command.ended,
    sleep(Math.min(milliseconds, 2 ** 31 - 1), undefined, { signal: over.signal }).catch(() => {}),
  ]);
  over.abort();
}

/** Why a command is stopped, in words. */
export function stopLine(reason: StopReason): string {
  switch (reason.kind) {
    case "cancelled":
      return cancellationLine(reason.cancellation);
    case "fenced":
      return `stopped: another worker runs the task now (attempt ${reason.attempt})`;
    case "gone":
      return "stopped: the task has ended and was forgotten";
    case "unreachable":
      return `stopped: nothing was heard from the service for ${reason.seconds} s (--on-unreachable)`;
    case "deadline":
      return `stopped: it has run for the ${reason.seconds} s of --timeout`;
  }
}

/** Where nobody says how long: the service's own default. */
const DEFAULT_MS = 30_000;
/** For a command whose task counts as stopped already. */
const OVER_MS = 5000;
/** So much earlier the command is killed, so that the report gets in before the grace is over. */
const MARGIN_MS = 2000;
const MARGIN_SHARE = 0.2;

/** How long a command may take to stop, in milliseconds. `graceSeconds` is what the user chose. */
export function graceMs(reason: StopReason, graceSeconds: number | null, nowMs: number): number {
  if (graceSeconds !== null) return graceSeconds * 1000;
  if (reason.kind !== "cancelled" || reason.cancellation.graceEndsAt === null) return DEFAULT_MS;
  const endsAtMs = Date.parse(reason.cancellation.graceEndsAt);
  const wholeMs = endsAtMs - Date.parse(reason.cancellation.requestedAt);
  if (reason.isOver) return Math.min(wholeMs, OVER_MS);
  const leftMs = endsAtMs - nowMs;
  // The times are the service's; a clock here that makes no sense of them is not to be believed.
  const isPlausible = leftMs > 0 && leftMs < wholeMs;
  const knownMs = isPlausible ? leftMs : wholeMs;
  return Math.max(0, knownMs - Math.min(MARGIN_MS, wholeMs * MARGIN_SHARE));
}
