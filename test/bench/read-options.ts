import { parseArgs } from "node:util";
import { userPath } from "../../scripts/folders.ts";

const PARTS = ["rates", "told", "fan-out", "cold", "memory", "growth", "absolute"];

/** What the user asked for. */
interface Options {
  readonly isHelp: boolean;
  readonly isShort: boolean;
  readonly isWrite: boolean;
  readonly rounds: number | null;
  /** An absolute path. */
  readonly json: string | null;
  readonly only: string | null;
}

/** What the command line says; throws one clear line about what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      rounds: { type: "string" },
      json: { type: "string" },
      only: { type: "string" },
    },
  });
  const { rounds, json, only } = values;
  if (rounds !== undefined && !/^[1-9]\d?$/.test(rounds)) {
    throw new Error(`--rounds must be a number from 1 to 99, not "${rounds}"`);
  }
  if (only !== undefined && !PARTS.includes(only)) {
    throw new Error(`--only must be one of ${PARTS.join(", ")}, not "${only}"`);
  }
  if (values.write && (values.short || only !== undefined)) {
    throw new Error("--write needs the whole bench: leave --short and --only out");
  }
  return {
    isHelp: values.help,
    isShort: values.short,
    isWrite: values.write,
    rounds: rounds === undefined ? null : Number(rounds),
    json: json === undefined ? null : userPath(json),
    only: only ?? null,
  };
}
