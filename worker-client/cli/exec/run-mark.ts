/** The variable that marks the processes of a command. If it is empty, the process belongs to none. */
export const RUN_VARIABLE = "EDGE_CANCELER_RUN";

/** Whether a process says in its environment that it belongs to a run, or to none. */
export type Belonging = "to-run" | "to-none" | "unknown";

/** A mark in the environment of one command, and of everything that it starts. */
export class RunMark {
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  /** The variables to add for the command. A run inside another run has both marks. */
  addTo(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
    const outer = environment[RUN_VARIABLE];
    return { [RUN_VARIABLE]: outer ? `${outer} ${this.#id}` : this.#id };
  }

  /** Reads the mark from an environment as /proc shows it. */
  read(environ: string): Belonging {
    const variable = environ.split("\0").find((text) => text.startsWith(`${RUN_VARIABLE}=`));
    if (variable === undefined) return "unknown";
    if (variable === `${RUN_VARIABLE}=`) return "to-none";
    return variable.includes(this.#id) ? "to-run" : "unknown";
  }
}
