import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { UsageError } from "./failure.ts";
import { durationSeconds } from "./values.ts";

interface Config<Options extends ParseArgsOptionsConfig> {
  readonly args: string[];
  readonly options: Options;
  readonly allowPositionals: true;
}

type ValuesOf<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<Config<Options>>
>["values"];

/** The parsed arguments of a command. */
export interface CommandLine<Options extends ParseArgsOptionsConfig> {
  readonly values: ValuesOf<Options>;
  /** The arguments before `--` that are not options. */
  readonly positionals: readonly string[];
  /** What came after `--`, unchanged; null if there was no `--`. */
  readonly rest: readonly string[] | null;
}

/**
 * Parses the options that all commands have and those of one command, each with its types. Keeps what
 * comes after `--` apart. Throws a `UsageError` that says what to do.
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
    // Each set of options is parsed once more by itself: the types of a merged config are lost.
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
  const [, ambiguous] =
    /^Option '(?:-\w, )?(--[\w-]+).*' argument is ambiguous/.exec(message) ?? [];
  if (ambiguous !== undefined) {
    return `${ambiguous} needs a value: if that begins with a dash, write it with an =, as in ${ambiguous}=-5`;
  }
  const [, unknown] = /^Unknown option '(.*?)'/.exec(message) ?? [];
  if (unknown === undefined) return message.split(/\n|\. To specify/)[0] ?? message;
  const near = nearest(unknown.replace(/^-+/, ""), names);
  if (near !== null) return `there is no option ${unknown}: did you mean --${near}?`;
  // A task id may begin with one dash, too.
  const hint = unknown.startsWith("--")
    ? ""
    : `: put a task of that name after --, as in -- ${unknown}`;
  return `there is no option ${unknown}${hint}`;
}

/**
 * Gives options without a value their default duration: `parseArgs` has no optional values, such as
 * `--wait[=60s]`. Refuses a duration that follows such an option without an `=`, because it would be
 * taken for a task.
 */
export function fillOptionalValues(
  args: readonly string[],
  durations: Readonly<Record<string, string>>,
): string[] {
  const end = args.indexOf("--");
  return args.map((arg, index) => {
    const duration = durations[arg.slice(2)];
    const isAlone = duration !== undefined && arg.startsWith("--") && (end < 0 || index < end);
    if (!isAlone) return arg;
    const next = args[index + 1];
    if (next !== undefined && isDuration(next)) {
      throw new UsageError(`write ${arg}=${next}: without the "=", ${next} would be a task`);
    }
    return `${arg}=${duration}`;
  });
}

function isDuration(text: string): boolean {
  try {
    durationSeconds(text, "");
    return true;
  } catch {
    return /^\d+$/.test(text);
  }
}

/** The name that was probably meant; null if no name is close. */
export function nearest(name: string, names: readonly string[]): string | null {
  const near = names
    .map((candidate) => ({ candidate, distance: editsBetween(name, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, candidate.length / 3))
    .sort((one, other) => one.distance - other.distance);
  return near[0]?.candidate ?? null;
}

/** How many letters to insert, delete, replace or swap with their neighbour to get from one to the other. */
function editsBetween(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const edits = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next.push(swapped ? Math.min(edits, (before[j - 2] ?? 0) + 1) : edits);
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
