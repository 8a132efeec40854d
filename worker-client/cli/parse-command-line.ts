import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearest } from "./nearest.ts";
import { UsageError } from "./usage-error.ts";

interface Config<Options extends ParseArgsOptionsConfig> {
  readonly args: string[];
  readonly options: Options;
  readonly allowPositionals: true;
}

type ValuesOf<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<Config<Options>>
>["values"];

/** What a command was called with. */
export interface CommandLine<Options extends ParseArgsOptionsConfig> {
  readonly values: ValuesOf<Options>;
  /** The arguments that are no options, up to `--`. */
  readonly positionals: readonly string[];
  /** What came after `--`, as it is; null if there was none. */
  readonly rest: readonly string[] | null;
}

/**
 * `parseArgs`, for the options that all commands have and those of one, each with its types; what
 * comes after `--` is kept apart. Errors say what to do.
 */
export function parseCommandLine<
  const Common extends ParseArgsOptionsConfig,
  const Own extends ParseArgsOptionsConfig,
>(args: readonly string[], common: Common, own: Own) {
  const options: ParseArgsOptionsConfig = { ...common, ...own };
  try {
    const { positionals, tokens } = parse([...args], options);
    const end = tokens.find(({ kind }) => kind === "option-terminator");
    const rest = end === undefined ? null : args.slice(end.index + 1);
    const before = positionals.length - (rest?.length ?? 0);
    // Each side is parsed alone once more, from its own flags, because types do not add up.
    const flagsOf = (side: ParseArgsOptionsConfig) =>
      tokens.flatMap((token) =>
        token.kind === "option" && token.name in side
          ? [token.value === undefined ? `--${token.name}` : `--${token.name}=${token.value}`]
          : [],
      );
    const line: CommandLine<Own> = {
      values: valuesOf(flagsOf(own), own),
      positionals: positionals.slice(0, before),
      rest,
    };
    return { common: valuesOf(flagsOf(common), common), own: line };
  } catch (error) {
    throw new UsageError(meaningOf(error, Object.keys(options)));
  }
}

function parse(args: string[], options: ParseArgsOptionsConfig) {
  return parseArgs({ args, options, allowPositionals: true, tokens: true });
}

function valuesOf<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
): ValuesOf<Options> {
  const config: Config<Options> = { args, options, allowPositionals: true };
  return parseArgs(config).values;
}

function meaningOf(error: unknown, names: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, unknown] = /^Unknown option '(.*?)'/.exec(message) ?? [];
  if (unknown === undefined) return message.split(/\n|\. To specify/)[0] ?? message;
  const near = nearest(unknown.replace(/^-+/, ""), names);
  return `there is no option ${unknown}${near === null ? "" : `: did you mean --${near}?`}`;
}
