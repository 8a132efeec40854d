import { readFileSync } from "node:fs";
import { MAX_SUBJECT_CHARACTERS, MIN_SECRET_BYTES, SCOPES } from "../protocol.ts";
import { escapeTaskId, TASK_ID_PATTERN, TASK_ID_RULE } from "../task-id.ts";
import { UsageError } from "./failure.ts";

/** The help for the options that say what a token grants. */
export const GRANT_HELP = `  --sub NAME          who it is for; each cancel is recorded with this name
  --scope SCOPES      what it allows, as words separated by spaces:
                        watch    read and watch
                        work     claim, start, heartbeat, release, finish, read and watch
                        cancel   cancel
                        declare  declare, enqueue, retry and forget tasks, and change queues
                        admin    all of these, and webhooks
  --tasks IDS         which tasks it covers: ids, or prefixes that end in *, separated by commas
                      (write a comma in an id as \\,). You can give it several times; "*" is
                      every task
  --queues NAMES      which queues it covers, in the same form, with all tasks in them`;

/** The subject that `--sub` names. Throws a `UsageError` if the service would not accept it. */
export function readSubject(text = ""): string {
  if (text !== "" && text.length <= MAX_SUBJECT_CHARACTERS) return text;
  throw new UsageError(
    `--sub must say who the token is for, in 1 to ${MAX_SUBJECT_CHARACTERS} characters`,
  );
}

/** The scope that `--scope` names, each word once. Throws a `UsageError` for an unknown word, or none. */
export function readScope(text = ""): string {
  const words = new Set(text.split(/[\s,]+/).filter((word) => word !== ""));
  for (const word of words) {
    if (SCOPES.some((scope) => scope === word)) continue;
    throw new UsageError(`--scope cannot be "${word}": the scopes are ${SCOPES.join(", ")}`);
  }
  if (words.size > 0) return [...words].join(" ");
  throw new UsageError(`--scope must name what the token allows, out of ${SCOPES.join(", ")}`);
}

const MAX_PREFIX_CHARACTERS = 128;
/** A comma or a space ends an id; a comma that is part of one is written as `\,`. */
const BETWEEN_IDS = /(?:\s|(?<!\\),)+/;

interface Patterns {
  readonly tasks: readonly string[];
  readonly queues: readonly string[];
}

/**
 * The ids and prefixes that `--tasks` and `--queues` name, each once. Throws a `UsageError` for an invalid
 * one, or if there are none.
 */
export function readPatterns({ tasks = [], queues = [] }: Partial<Patterns>): Patterns {
  const patterns = { tasks: listed(tasks, "--tasks"), queues: listed(queues, "--queues") };
  if (patterns.tasks.length > 0 || patterns.queues.length > 0) return patterns;
  throw new UsageError(
    '--tasks must name the tasks that the token covers, such as build-7 or "build-*", or --queues the queues',
  );
}

function listed(texts: readonly string[], option: string): readonly string[] {
  const named = texts.flatMap((text) => text.split(BETWEEN_IDS)).filter(Boolean);
  return [...new Set(named.map((text) => toPattern(text, option)))];
}

function toPattern(text: string, option: string): string {
  const [, named = "", star = ""] = /^(.*?)(\*?)$/s.exec(text.replaceAll("\\,", ",")) ?? [];
  const id = escapeTaskId(named);
  const isPrefix = star !== "" && id.length <= MAX_PREFIX_CHARACTERS;
  if (!named.includes("*") && (isPrefix || TASK_ID_PATTERN.test(id))) return id + star;
  throw new UsageError(
    `${option} takes ids, and prefixes that end in *, not "${text}": ${TASK_ID_RULE}`,
  );
}

/** The service's secret, from a file or the environment; never from an option, which others can see. */
export function readSecret(file: string | undefined, fromEnvironment: string | undefined): string {
  const secret = file === undefined ? fromEnvironment : readSecretFile(file);
  if (secret === undefined || secret === "") {
    throw new UsageError("there is no secret: set AUTH_SECRET, or name a file with --secret-file");
  }
  requireLongSecret(file === undefined ? "AUTH_SECRET" : `the secret in ${file}`, secret);
  return secret;
}

/** Reads a secret from a file. */
export function readSecretFile(file: string): string {
  try {
    // Editors end the last line with a line break, which is not part of the secret.
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    throw new UsageError(`cannot read the secret file ${file}${code}: name one with --secret-file`);
  }
}

/** Throws a `UsageError`, which does not show the secret, if the secret is too short for the service. */
export function requireLongSecret(name: string, secret: string): void {
  const { length } = new TextEncoder().encode(secret);
  if (length >= MIN_SECRET_BYTES) return;
  throw new UsageError(
    `${name} must have at least ${MIN_SECRET_BYTES} bytes, not ${length}: make one with openssl rand -base64 32`,
  );
}
