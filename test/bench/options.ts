import { parseArgs } from "node:util";
import { userPath } from "../../scripts/folders.ts";

/** What `npm run bench -- --help` says. */
export const HELP = `Measures the service beside a floor: the least Worker and object that the platform allows.

  npm run bench -- [--rounds N] [--only PART] [--json FILE] [--write] [--short]
  npm run bench -- cost
  npm run bench -- token
  npm run bench -- exec

  --rounds N   how often everything timed is measured on both sides in turn (default: 3)
  --only PART  rates, told, fan-out, watched-read, queues, cold, trees, directory,
               webhooks, memory, growth, watchers or absolute (default: all)
  --json FILE  writes every figure to a file as well
  --write      writes test/bench/RESULTS.md and test/bench/latency.svg as well
  --short      only shows that everything can be measured, in seconds; its figures mean nothing
  --help       this text
  cost         what the service would cost on Cloudflare, instead
  token        what checking a token adds to a state read, instead
  exec         what edge-canceler exec adds to a command's start, instead (npm run build first)

Both run on the same workerd, with the same flags, and storage on disk. The load comes from a
process of its own; "generator" is how much of a core that took: near 100%, a figure is about the
generator. A ratio is made within each round, and its median is held against the target: "missed"
is a finding, not a failure of the command. The whole takes about fifteen minutes, needs Linux, and
up to 20,000 open files. Ctrl-C ends it, and leaves nothing running.`;

const PARTS = [
  "rates",
  "told",
  "fan-out",
  "watched-read",
  "queues",
  "cold",
  "trees",
  "directory",
  "webhooks",
  "memory",
  "growth",
  "watchers",
  "absolute",
];

/** What the user asked for. */
interface BenchOptions {
  readonly isHelp: boolean;
  readonly isShort: boolean;
  readonly isWrite: boolean;
  readonly rounds: number | null;
  /** An absolute path. */
  readonly json: string | null;
  readonly only: string | null;
}

/** What the command line says; throws one clear line about what is wrong with it. */
export function readOptions(args: readonly string[]): BenchOptions {
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
