import type { TaskClient, TaskClientOptions } from "../index.ts";

/** What a command is handed: the settings, and where its words go. */
export interface CommandContext {
  /** Whether a machine reads the answer. */
  readonly json: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * For requests; it says so if the service cannot be reached at first, unless it is given another
   * `fetch`. Throws a `UsageError` where no service is named.
   */
  client(fetch?: TaskClientOptions["fetch"]): TaskClient;
  /** For watches: with a `fetch` of one's own a client opens no WebSockets. */
  watchClient(): TaskClient;
  /** Prints a line on stdout: the answer. */
  print(line: string): void;
  /** Prints a line on stderr: what is said beside the answer. */
  tell(line: string): void;
}
