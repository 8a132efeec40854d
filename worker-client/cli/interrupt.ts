import { EXIT_CODE } from "./failure.ts";
import { unreadOutput } from "./terminal.ts";

/** The signals that end a wait, each with its exit code in shells. */
const EXIT_CODES = Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

/** Lets a command end its wait cleanly on Ctrl-C and the like. Call `release` when the wait is over. */
export class Interrupt {
  /** Resolves with the exit code when such a signal arrives. */
  readonly exitCode: Promise<number>;
  readonly release: () => void;

  constructor() {
    let interrupt = (_exitCode: number) => {};
    this.exitCode = new Promise((resolve) => {
      interrupt = resolve;
    });
    const listeners = EXIT_CODES.map(([signal, exitCode]) => ({
      signal,
      onSignal: () => interrupt(exitCode),
    }));
    for (const { signal, onSignal } of listeners) process.once(signal, onSignal);
    this.release = () => {
      for (const { signal, onSignal } of listeners) process.off(signal, onSignal);
    };
  }
}

/** Resolves with the exit code of a command that only shows something when nobody reads it any more. */
export function untilUnread(): Promise<number> {
  return new Promise((resolve) => {
    const end = () => resolve(EXIT_CODE.unread);
    unreadOutput.addEventListener("abort", end);
    if (unreadOutput.aborted) end();
  });
}
