import { parseArgs } from "node:util";
import { userPath } from "../../../scripts/folders.ts";

/** What the user asked for. */
interface CostOptions {
  readonly help: boolean;
  readonly short: boolean;
  readonly write: boolean;
  readonly tasks: number;
  /** The waits of the long polls, in seconds. */
  readonly waitsSeconds: readonly number[];
  readonly settleSeconds: number;
  readonly windowSeconds: number;
  /** The path of a file for the results; null: none. */
  readonly json: string | null;
}

const FULL = { tasks: "200", waits: "5,15,55", settleSeconds: 15, windowSeconds: 110 };
const SHORT = { tasks: "5", waits: "1", settleSeconds: 1, windowSeconds: 2 };
/** The client asks again after so long at most. */
const MAX_WAIT_SECONDS = 55;
const MAX_TASKS = 2000;

/** Reads the command line; throws what is wrong with it in one line. */
export function costOptions(args: readonly string[]): CostOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tasks: { type: "string" },
      waits: { type: "string" },
      short: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { short, write, help, json } = values;
  const { settleSeconds, windowSeconds, ...defaults } = short ? SHORT : FULL;
  if (short && write) throw new Error("--write takes the full form: leave --short out");
  return {
    help,
    short,
    write,
    tasks: whole("--tasks", values.tasks ?? defaults.tasks, MAX_TASKS),
    waitsSeconds: (values.waits ?? defaults.waits)
      .split(",")
      .map((wait) => whole("--waits", wait, MAX_WAIT_SECONDS)),
    settleSeconds,
    windowSeconds,
    json: json === undefined ? null : userPath(json),
  };
}

function whole(option: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new Error(`${option} must be a whole number from 1 to ${most}, not "${text}"`);
}
