import type { ParseArgsOptionsConfig } from "node:util";
import type { Command } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import { COMMON_HELP } from "./common-help.ts";
import { COMMON_OPTIONS } from "./common-options.ts";
import { fillOptionalValues } from "./fill-optional-values.ts";
import { openClient } from "./open-client.ts";
import { type CommandLine, parseCommandLine } from "./parse-command-line.ts";
import { tellingFetch } from "./telling-fetch.ts";
import { writeText } from "./write-text.ts";

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
      const context: CommandContext = {
        json: common.json ?? false,
        environment,
        client: (fetch = tellingFetch(tell)) => openClient(common, environment, fetch),
        watchClient: () => openClient(common, environment),
        print,
        tell,
      };
      return definition.run(context, own);
    },
  };
}
