import { spawn } from "node:child_process";
import { RUN_VARIABLE } from "./run-mark.ts";
import { sendSignal } from "./signals.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A running `--stop-command`, which takes the place of the signal for work that is elsewhere. */
export class StopCommand {
  /** Resolves when it has ended: with null, or with why it failed. It never rejects. */
  readonly ended: Promise<string | null>;
  readonly #pid: number | undefined;
  #hasEnded = false;

  constructor(command: string, environment: Environment) {
    // In a group of its own, it can be killed with all that it starts. Its output goes to stderr.
    const child = spawn("/bin/sh", ["-c", command], {
      stdio: ["ignore", 2, 2],
      detached: true,
      // An empty mark says that it does not belong to the command.
      env: { ...environment, [RUN_VARIABLE]: "" },
    });
    this.#pid = child.pid;
    this.ended = new Promise((resolve) => {
      const end = (failure: string | null) => {
        this.#hasEnded = true;
        resolve(failure);
      };
      child.once("error", ({ message }) => end(message));
      child.once("exit", (code, signal) =>
        end(code === 0 ? null : `it ended with ${signal ?? code}`),
      );
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  kill(): void {
    if (this.#pid !== undefined && !this.#hasEnded) sendSignal(-this.#pid, "SIGKILL");
  }
}
