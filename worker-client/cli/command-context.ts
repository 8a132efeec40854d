import type { TaskClient, TaskClientOptions } from "../index.ts";

/** What a command is handed: the settings, and where its words go. */
export interface CommandContext {
  /** Whether a machine reads the answer. */
  readonly json: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Throws a `UsageError` where no service is named. `fetch` is used in place of the global one. */
  client(fetch?: TaskClientOptions["fetch"]): TaskClient;
  /** Prints a line on stdout: the answer. */
  print(line: string): void;
  /** Prints a line on stderr: what is said beside the answer. */
  tell(line: string): void;
}
