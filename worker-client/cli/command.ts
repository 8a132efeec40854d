import type { ParseArgsOptionsConfig } from "node:util";
import type { TaskClient, TaskClientOptions } from "../index.ts";
import { type CommandLine, fillOptionalValues, parseCommandLine } from "./arguments.ts";
import { openCalls, openClient, Patience } from "./client.ts";
import { type Line, printLine } from "./terminal.ts";
import { tokenFrom } from "./token-source.ts";

/** What a command gets: the settings, and where its output goes. */
export interface CommandContext {
  /** Whether the output is for machines. */
  readonly json: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Returns a client for requests. Unless it is given another `fetch`, it prints a warning when the
   * service cannot be reached. Throws a `UsageError` if no service is named.
   */
  client(fetch?: TaskClientOptions["fetch"]): TaskClient;
  /** Sends a request that the client has no method for. */
  readonly ask: ReturnType<typeof openCalls>;
  /** The default `fetch` of `client()`. */
  readonly fetch: NonNullable<TaskClientOptions["fetch"]>;
  /** Aborts when the service cannot be reached at all. Pass it to each call of `client()`. */
  readonly signal: AbortSignal;
  /** Returns a client for watches, with the global `fetch`: a client with another one opens no WebSockets. */
  watchClient(): TaskClient;
  /** Whether a refused token can be replaced, from a file or a command. */
  readonly renewsToken: boolean;
  /** Prints a line on stdout: the result. */
  print(line: Line): void;
  /** Prints a line on stderr: everything else. */
  tell(line: Line): void;
}

/** One of the commands of `edge-canceler`; `defineCommand` makes it. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Returns the exit code. */
  run(args: readonly string[], environment: CommandContext["environment"]): Promise<number>;
}

/** The options that every command takes, in the form of `parseArgs`. */
const COMMON_OPTIONS = {
  url: { type: "string" },
  "token-file": { type: "string" },
  "token-command": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** The end of every help text. */
export const COMMON_HELP = `Settings of all commands:
  --url URL            the service's address (or set EDGE_CANCELER_URL)
  --token-file FILE    a file with your token (or set EDGE_CANCELER_TOKEN to the token itself)
  --token-command CMD  a command for sh -c that prints your token. The file is read, or the command is
                       run, again whenever a token is refused
  --json               print JSON for scripts, one object per line
  -h, --help           print this text

Exit codes of all commands: 2 wrong usage, 69 the service cannot be reached, 77 the service refused.`;

interface Definition<Options extends ParseArgsOptionsConfig> {
  readonly name: string;
  readonly summary: string;
  /** Without `COMMON_HELP`. */
  readonly help: string;
  /** Its own options, in the form of `parseArgs`. */
  readonly options: Options;
  /** The default values of options that may be given without one: `--wait` means `--wait=60s`. */
  readonly optionalValues?: Readonly<Record<string, string>>;
  /** Returns the exit code. */
  run(context: CommandContext, line: CommandLine<Options>): Promise<number>;
}

/** Makes a command: adds the options that all commands have, and the help. */
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
      const print = (line: Line) => printLine(1, line);
      if (common.help) {
        for (const line of help.split("\n")) print(line);
        return 0;
      }
      const tell = (line: Line) => printLine(2, ["edge-canceler: ", ...[line].flat()]);
      const patience = new Patience(tell);
      let source: { readonly token: TaskClientOptions["token"] } | null = null;
      // All clients of a command share one.
      const token = () => {
        source ??= { token: tokenFrom(common, environment) };
        return source.token;
      };
      const context: CommandContext = {
        json: common.json ?? false,
        environment,
        client: (fetch = patience.fetch) => openClient(common, environment, token, fetch),
        ask: openCalls(common, environment, token, patience),
        fetch: patience.fetch,
        signal: patience.signal,
        watchClient: () => openClient(common, environment, token),
        renewsToken: (common["token-file"] ?? common["token-command"]) !== undefined,
        print,
        tell,
      };
      return definition.run(context, own);
    },
  };
}
