import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** As long as a process may take to die of a signal, on a machine that is busy. */
const DIES_WITHIN_MS = 250;

/**
 * A process beside the command that does nothing but die of signals. On a terminal `exec` and its
 * command are in one process group: Ctrl-C is sent to both by the kernel, `kill` by number to only
 * one, and a signal does not say how it came. If the witness died of it too, it came to the group.
 */
export class GroupWitness {
  #process = standBy();

  /** The process, to be told apart from the command's. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Whether a signal that has just come here has come to the whole group. */
  async saw(): Promise<boolean> {
    const witness = this.#process;
    if (isAlive(witness)) {
      const over = new AbortController();
      await Promise.race([
        once(witness, "exit", { signal: over.signal }).catch(() => {}),
        sleep(DIES_WITHIN_MS, undefined, { signal: over.signal }).catch(() => {}),
      ]);
      over.abort();
    }
    if (isAlive(witness)) return false;
    if (this.#process === witness) this.#process = standBy();
    return true;
  }

  dismiss(): void {
    this.#process.kill("SIGKILL");
  }
}

function isAlive({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

/** It waits for a word that never comes, and ends when `exec` does, even by SIGKILL. */
function standBy(): ChildProcess {
  const witness = spawn("cat", [], { stdio: ["pipe", "ignore", "ignore"] });
  // Without one, every signal is taken for one to the group.
  witness.on("error", () => {});
  witness.unref();
  return witness;
}
