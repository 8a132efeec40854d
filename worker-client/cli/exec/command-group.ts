import { sendSignal } from "./signals.ts";

/** How long SIGKILL takes at most. What a group still holds then are zombies. */
const KILLED_WITHIN_MS = 500;

interface GroupOptions {
  /** The command itself. */
  readonly pid: number;
  /** Whether it leads a group of its own. */
  readonly isLeader: boolean;
  /** Whether its end was noticed. */
  readonly hasEnded: () => boolean;
}

/**
 * A command and its group, for where there is no list of processes. Signal 0 tells whether the group
 * holds anything, be it a process that runs or a zombie.
 */
export class CommandGroup {
  readonly #options: GroupOptions;
  #isOver = false;
  #killedAtMs: number | null = null;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /** From here on, the group's number may be somebody else's. */
  end(): void {
    this.#isOver = true;
  }

  /** 1 as long as anything is left of it, or 0. */
  left(): number {
    if (!this.#options.hasEnded()) return 1;
    if (!this.#isThere() || this.#isKilled) this.end();
    return this.#isOver ? 0 : 1;
  }

  /** Signals all of it. Returns whether the command itself was among them. */
  signalAll(signal: NodeJS.Signals): boolean {
    if (this.left() === 0) return false;
    const { pid, isLeader, hasEnded } = this.#options;
    const target = isLeader ? -pid : pid;
    const isSent = sendSignal(target, signal);
    if (isSent && signal === "SIGKILL") this.#killedAtMs ??= performance.now();
    // A stopped process takes no other signal but SIGKILL.
    sendSignal(target, "SIGCONT");
    return !hasEnded();
  }

  #isThere(): boolean {
    const { pid, isLeader } = this.#options;
    return isLeader && !this.#isOver && isGroupThere(pid);
  }

  get #isKilled(): boolean {
    return this.#killedAtMs !== null && performance.now() > this.#killedAtMs + KILLED_WITHIN_MS;
  }
}

/** Whether a process group holds anything, zombies included. */
function isGroupThere(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    // All of its processes are another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
