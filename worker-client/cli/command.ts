import type { CommandContext } from "./command-context.ts";

/** One of the things that `edge-canceler` does; `defineCommand` makes it. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Its own options, examples and exit codes. */
  readonly help: string;
  /** Answers the exit code. */
  run(args: readonly string[], environment: CommandContext["environment"]): Promise<number>;
}
