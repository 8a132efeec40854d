const NAME = "EDGE_CANCELER_RUN";

/** What a command's environment holds and nobody else's, but for what it starts. */
export class RunMark {
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  /** The variables of the command. A run inside of a run has both marks. */
  addTo(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
    const outer = environment[NAME];
    return { [NAME]: outer ? `${outer} ${this.#id}` : this.#id };
  }

  /** Whether it is in an environment as /proc has it. */
  isIn(environ: string): boolean {
    const variable = environ.split("\0").find((text) => text.startsWith(`${NAME}=`));
    return variable?.includes(this.#id) ?? false;
  }
}
