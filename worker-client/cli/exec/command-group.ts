import { sendSignal } from "./signals.ts";

/** How long SIGKILL takes at most. Whatever is left of a group after that are zombies. */
const KILLED_WITHIN_MS = 500;

interface GroupOptions {
  /** The command itself. */
  readonly pid: number;
  /** Whether it leads a group of its own. */
  readonly isLeader: boolean;
  /** Whether its end has been noticed. */
  readonly hasEnded: () => boolean;
}

/**
 * A command and its process group, for systems that offer no list of processes. Signal 0 tells whether
 * the group has any process, zombies included.
 */
export class CommandGroup {
  readonly #options: GroupOptions;
  #isOver = false;
  #killedAtMs: number | null = null;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /** Call this once the group's number may belong to another group. */
  end(): void {
    this.#isOver = true;
  }

  /** Returns 1 while anything is left of it, then 0. */
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
    // Until it continues, a stopped process reacts to SIGKILL only.
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

/** Whether a process group has any process, zombies included. */
function isGroupThere(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    // All of its processes belong to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
