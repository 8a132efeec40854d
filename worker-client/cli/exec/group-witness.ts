import { type ChildProcess, spawn } from "node:child_process";

/** As long as it may take until both have noticed, on a machine that is busy. */
const BOTH_WITHIN_MS = 250;

/** A death of the witness that nobody has asked for yet, or somebody who asks for one. */
interface Half {
  readonly signal: NodeJS.Signals;
  match(): void;
}

/**
 * A process beside the command that does nothing but die of signals. On a terminal `exec` and its
 * command are in one process group: Ctrl-C is sent to both by the kernel, `kill` by number to only
 * one, and a signal does not say how it came. If a witness died of it too, it came to the group.
 * Each death accounts for one signal, whichever of the two is noticed first; where they come too
 * fast for a witness to be in its place, the command rather hears of one twice than never.
 */
export class GroupWitness {
  readonly #deaths: Half[] = [];
  readonly #askers: Half[] = [];
  #process: ChildProcess;
  #isDismissed = false;

  constructor() {
    this.#process = this.#standBy();
  }

  /** The process, to be told apart from the command's. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Whether a signal that has just come here has come to the whole group. */
  saw(signal: NodeJS.Signals): Promise<boolean> {
    // Without cat(1) nobody can tell; Ctrl-C is what comes most.
    if (this.#process.pid === undefined) return Promise.resolve(true);
    return new Promise((resolve) => match(signal, this.#deaths, this.#askers, resolve));
  }

  dismiss(): void {
    this.#isDismissed = true;
    this.#process.kill("SIGKILL");
  }

  /** It waits for a word that never comes, and ends when `exec` does, even by SIGKILL. */
  #standBy(): ChildProcess {
    const witness = spawn("cat", [], { stdio: ["pipe", "ignore", "ignore"] });
    witness.on("error", () => {});
    witness.on("exit", (_, signal) => {
      if (this.#isDismissed) return;
      this.#process = this.#standBy();
      if (signal !== null) match(signal, this.#askers, this.#deaths, () => {});
    });
    witness.unref();
    return witness;
  }
}

/** Takes the other half, if it is there, or waits among its own kind for a while. */
function match(
  signal: NodeJS.Signals,
  others: Half[],
  own: Half[],
  settle: (isMatched: boolean) => void,
): void {
  const index = others.findIndex((half) => half.signal === signal);
  if (index >= 0) {
    others.splice(index, 1)[0]?.match();
    settle(true);
    return;
  }
  const leave = (isMatched: boolean) => {
    clearTimeout(timer);
    if (own.includes(half)) own.splice(own.indexOf(half), 1);
    settle(isMatched);
  };
  const half: Half = { signal, match: () => leave(true) };
  const timer = setTimeout(() => leave(false), BOTH_WITHIN_MS);
  own.push(half);
}
