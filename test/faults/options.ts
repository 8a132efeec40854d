import { parseArgs } from "node:util";
import { scenarios } from "./scenarios.ts";

interface Options {
  /** What is run, one after the other. */
  readonly parts: readonly ("scenarios" | "planted" | "soak")[];
  /** Which scenarios. */
  readonly names: readonly string[];
  readonly seed: number;
  /** Null: each scenario's own number. */
  readonly rounds: number | null;
  readonly isShort: boolean;
  readonly stopsAtFirst: boolean;
  readonly soakSeconds: number;
  /** Where to write the outcome as JSON; null: nowhere. */
  readonly json: string | null;
}

const list = Object.entries(scenarios)
  .map(([name, { about, rounds }]) => `  ${name.padEnd(15)} ${about} (${rounds.full} rounds)`)
  .join("\n");

/** What CI runs does the same each time, so that a failure can be looked at again. */
const SHORT_SEED = 1;

const HELP = `Breaks things under edge-canceler and checks that it keeps its promises.

  npm run faults                        every scenario
  npm run faults -- kill line           only these
  npm run faults -- --short             every scenario, a few rounds of each, and the planted
                                        faults: minutes, the same ones each time
  npm run faults -- kill --seed 42      repeats the run with seed 42
  npm run faults -- --planted           breaks the code itself, and the lab has to catch every break
  npm run faults -- --soak 30m          mixed load and greedy callers: nothing may grow

${list}

  --seed N         decides what happens and when (default: a new one, which is printed;
                   ${SHORT_SEED} with --short)
  --rounds N       how many rounds of each scenario
  --short          a few rounds of each
  --stop-at-first  ends a scenario as soon as a promise is broken
  --planted        lists the planted faults, of the scenarios that are named, and what caught each
  --soak [TIME]    how long to soak: 90s, 30m or 2h (default: 10m)
  --json FILE      also writes the outcome as JSON
  --help           this text

The exit code is 0 if every promise was kept.`;

const SOAK_TIME = "10m";
const SECONDS_PER = { s: 1, m: 60, h: 3600 };

/** Reads the command line. Throws an error that says in one line what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: withSoakTime(args),
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      rounds: { type: "string" },
      short: { type: "boolean", default: false },
      "stop-at-first": { type: "boolean", default: false },
      planted: { type: "boolean", default: false },
      soak: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  for (const name of positionals) {
    if (!(name in scenarios)) {
      throw new Error(`"${name}" is not a scenario: they are ${Object.keys(scenarios).join(", ")}`);
    }
  }
  if (values.soak !== undefined && values.planted) {
    throw new Error("--soak and --planted exclude each other");
  }
  const isShort = values.short;
  return {
    parts: partsOf(values, positionals),
    names: positionals.length > 0 ? positionals : Object.keys(scenarios),
    seed:
      values.seed !== undefined
        ? wholeNumber("--seed", values.seed)
        : isShort
          ? SHORT_SEED
          : newSeed(),
    rounds: values.rounds === undefined ? null : wholeNumber("--rounds", values.rounds),
    isShort,
    stopsAtFirst: values["stop-at-first"],
    soakSeconds: secondsOf(values.soak ?? "0s"),
    json: values.json ?? null,
  };
}

interface Asked {
  readonly planted: boolean;
  readonly short: boolean;
  readonly soak?: string | undefined;
}

function partsOf({ planted, short, soak }: Asked, names: readonly string[]): Options["parts"] {
  if (planted) return ["planted"];
  if (soak !== undefined) return ["soak"];
  return short && names.length === 0 ? ["scenarios", "planted"] : ["scenarios"];
}

/** `parseArgs` knows no option whose value may be left out. */
function withSoakTime(args: readonly string[]): string[] {
  return args.flatMap((argument, index) => {
    const [next = "-"] = args.slice(index + 1);
    return argument === "--soak" && next.startsWith("-") ? ["--soak", SOAK_TIME] : [argument];
  });
}

function newSeed(): number {
  return Math.floor(Math.random() * 1_000_000);
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text) && (Number(text) > 0 || option === "--seed")) return Number(text);
  throw new Error(`${option} must be a whole number, not "${text}"`);
}

function secondsOf(text: string): number {
  const [, number, unit] = /^(\d{1,5})([smh])$/.exec(text) ?? [];
  if (unit !== "s" && unit !== "m" && unit !== "h") {
    throw new Error(`--soak must be a time such as 90s, 30m or 2h, not "${text}"`);
  }
  return Number(number) * SECONDS_PER[unit];
}
