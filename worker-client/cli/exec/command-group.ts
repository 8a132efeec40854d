import { hasGroupEnded } from "./has-group-ended.ts";
import { isGroupThere } from "./is-group-there.ts";
import { sendSignal } from "./send-signal.ts";

/** By then SIGKILL has ended what it ends; what is there still has ended, and was not waited for. */
const KILLED_WITHIN_MS = 500;

interface Options {
  /** The command itself. */
  readonly pid: number;
  /** Whether it leads a group of its own. */
  readonly isLeader: boolean;
  /** Whether its end was noticed. */
  readonly hasEnded: () => boolean;
}

/**
 * A command and its group, for where nobody tells which processes there are. Whether what is in the
 * group runs, or has ended and was not waited for, may not be told there either.
 */
export class CommandGroup {
  readonly #options: Options;
  #isOver = false;
  #killedAtMs: number | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  /** From here on its number is no longer its own. */
  end(): void {
    this.#isOver = true;
  }

  /** As many as are known of. */
  left(): number {
    if (!this.#options.hasEnded()) return 1;
    if (!this.#isThere() || this.#isKilled) this.end();
    return this.#isOver ? 0 : 1;
  }

  /** A signal to all of it; answers whether the command itself was among them. */
  signalAll(signal: NodeJS.Signals): boolean {
    if (this.left() === 0) return false;
    const { pid, isLeader, hasEnded } = this.#options;
    const target = isLeader ? -pid : pid;
    const isSent = sendSignal(target, signal);
    if (isSent && signal === "SIGKILL") this.#killedAtMs ??= performance.now();
    // One that is stopped hears of nothing but this and SIGKILL.
    sendSignal(target, "SIGCONT");
    return !hasEnded();
  }

  #isThere(): boolean {
    const { pid, isLeader } = this.#options;
    return isLeader && !this.#isOver && isGroupThere(pid) && !hasGroupEnded(pid);
  }

  get #isKilled(): boolean {
    return this.#killedAtMs !== null && performance.now() > this.#killedAtMs + KILLED_WITHIN_MS;
  }
}
