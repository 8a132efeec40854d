import { EXIT_CODE } from "./failure.ts";
import { unreadOutput } from "./terminal.ts";

/** The signals that end a wait, each with its exit code in shells. */
const EXIT_CODES = Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

interface InterruptOptions {
  /** Whether the wait also ends when nobody reads stdout any more: for a command that only shows something. */
  readonly whenUnread?: boolean;
}

/** Lets a command end its wait cleanly on Ctrl-C and the like. Call `release` when the wait is over. */
export class Interrupt {
  /** Resolves with the exit code when the wait has to end. */
  readonly exitCode: Promise<number>;
  /** Aborts when the wait has to end. */
  readonly signal: AbortSignal;
  readonly release: () => void;

  constructor({ whenUnread = false }: InterruptOptions = {}) {
    const end = new AbortController();
    let resolveExitCode = (_exitCode: number) => {};
    this.signal = end.signal;
    this.exitCode = new Promise((resolve) => {
      resolveExitCode = resolve;
    });
    const interrupt = (exitCode: number) => {
      resolveExitCode(exitCode);
      end.abort();
    };
    const listeners = EXIT_CODES.map(([signal, exitCode]) => ({
      signal,
      onSignal: () => interrupt(exitCode),
    }));
    for (const { signal, onSignal } of listeners) process.once(signal, onSignal);
    const onUnread = () => interrupt(EXIT_CODE.unread);
    if (whenUnread && unreadOutput.aborted) onUnread();
    else if (whenUnread) unreadOutput.addEventListener("abort", onUnread);
    this.release = () => {
      for (const { signal, onSignal } of listeners) process.off(signal, onSignal);
      unreadOutput.removeEventListener("abort", onUnread);
    };
  }
}
