import type { ParseArgsOptionsConfig } from "node:util";
import type { TaskClient, TaskClientOptions } from "../index.ts";
import { type CommandLine, fillOptionalValues, parseCommandLine } from "./arguments.ts";
import { openClient, tellingFetch } from "./client.ts";
import { writeText } from "./terminal.ts";
import { tokenFrom } from "./token-source.ts";

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
  /** Whether there may be another token when one is refused: from a file, or a command. */
  readonly renewsToken: boolean;
  /** Prints a line on stdout: the answer. */
  print(line: string): void;
  /** Prints a line on stderr: what is said beside the answer. */
  tell(line: string): void;
}

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

/** What every command takes, in the form of `parseArgs`. */
const COMMON_OPTIONS = {
  url: { type: "string" },
  "token-file": { type: "string" },
  "token-command": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** What every help ends with. */
export const COMMON_HELP = `Settings:
  --url URL          the service's address      (or EDGE_CANCELER_URL)
  --token-file FILE  a file with your token     (or EDGE_CANCELER_TOKEN, the token itself)
  --token-command CMD  what prints your token, by sh -c; the file or the command is asked again
                     whenever a token is refused
  --json             answers for machines: a JSON object a line
  -h, --help         this text

Exit codes that all have: 2 called in a wrong way, 69 the service cannot be reached, 77 it refused.`;

interface Definition<Options extends ParseArgsOptionsConfig> {
  readonly name: string;
  readonly summary: string;
  /** Without the settings that every command has. */
  readonly help: string;
  /** Its own options, in the form of `parseArgs`. */
  readonly options: Options;
  /** The duration that an option means which stands without one: `--wait` for `--wait=60s`. */
  readonly optionalValues?: Readonly<Record<string, string>>;
  /** Answers the exit code. */
  run(context: CommandContext, line: CommandLine<Options>): Promise<number>;
}

/** Makes a command of what is its own: the flags that all have, and the help, are added here. */
export function defineCommand<const Options extends ParseArgsOptionsConfig>(
  definition: Definition<Options>,
): Command {
  const { name, summary } = definition;
  const help = `${definition.help.trim()}\n\n${COMMON_HELP}`;
  return {
    name,
    summary,
    help,
    async run(args, environment) {
      const filled = fillOptionalValues(args, definition.optionalValues ?? {});
      const { common, own } = parseCommandLine(filled, COMMON_OPTIONS, definition.options);
      const print = (line: string) => writeText(1, `${line}\n`);
      if (common.help) {
        print(help);
        return 0;
      }
      const tell = (line: string) => writeText(2, `edge-canceler: ${line}\n`);
      let source: { readonly token: TaskClientOptions["token"] } | null = null;
      // All clients of a command share it.
      const token = () => {
        source ??= { token: tokenFrom(common, environment) };
        return source.token;
      };
      const context: CommandContext = {
        json: common.json ?? false,
        environment,
        client: (fetch = tellingFetch(tell)) => openClient(common, environment, token, fetch),
        watchClient: () => openClient(common, environment, token),
        renewsToken: (common["token-file"] ?? common["token-command"]) !== undefined,
        print,
        tell,
      };
      return definition.run(context, own);
    },
  };
}
