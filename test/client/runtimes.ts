import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { basename, delimiter, join, sep } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { projectFolder } from "../../scripts/folders.ts";
import type { SuiteOptions, Transport } from "./suite/context.ts";
import type { Outcome } from "./suite/run-suite.ts";

const OLDEST_MAJOR = 20;
const FIRST_MAJOR_WITH_WEBSOCKET = 22;

interface MachineNode {
  readonly path: string;
  readonly version: string;
  readonly hasWebSocket: boolean;
}

/**
 * The Node that the machine itself has, outside of any node_modules; null if there is none, or one
 * that is too old for the client, or the very one that runs the tests.
 */
export function machineNode(): MachineNode | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const paths = folders
    .filter((folder) => !folder.split(sep).includes("node_modules"))
    .map((folder) => join(folder, "node"));
  const path = paths.find(isExecutable);
  if (path === undefined) return null;
  const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim();
  const major = Number.parseInt(version.slice(1), 10);
  if (major < OLDEST_MAJOR || version === process.version) return null;
  return { path, version, hasWebSocket: major >= FIRST_MAJOR_WITH_WEBSOCKET };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A place where the portable suite runs. */
interface Runtime {
  readonly runtime: string;
  /** What runs the bundled suite there, when the bundle's path and the options are added. */
  readonly command: readonly [string, ...string[]];
  /** The script that is bundled. Default: `suite/main.ts`. */
  readonly suite?: string;
  /** What a watch takes by default. Default: a WebSocket. */
  readonly transport?: Transport;
}

/** A runtime, and a transport in it. */
type Lane = Required<Runtime>;

const bin = (name: string) => join(projectFolder, "node_modules", ".bin", name);
const launcher = (name: string) => join(import.meta.dirname, name);
const machine = machineNode();

/** Every runtime that this machine has, with both transports. */
export const lanes: readonly Lane[] = [
  ...both({ runtime: "Node 24", command: [process.execPath] }),
  ...(machine === null
    ? []
    : both({
        runtime: `the machine's own Node ${machine.version}`,
        command: [machine.path],
        transport: machine.hasWebSocket ? "WebSocket" : "no WebSocket",
      })),
  ...both({
    runtime: "Deno",
    command: [bin("deno"), "run", "--quiet", "--no-remote", "--allow-net=127.0.0.1"],
  }),
  ...both({ runtime: "Bun", command: [bin("bun"), "--no-install"] }),
  ...both({ runtime: "Chromium", command: [process.execPath, launcher("suite-in-chromium.ts")] }),
  ...both({
    runtime: "a Worker",
    command: [process.execPath, launcher("suite-in-worker.ts")],
    suite: "suite/main-in-worker.ts",
  }),
];

function both({ suite = "suite/main.ts", transport = "WebSocket", ...rest }: Runtime): Lane[] {
  return [
    { ...rest, suite, transport },
    { ...rest, suite, transport: "long poll" },
  ];
}

/**
 * Bundles a script, with the client as it is published, into a folder, so that any runtime can run
 * it; answers the bundle's path.
 */
export async function bundleScript(script: string, folder: string): Promise<string> {
  const outfile = join(folder, basename(script).replace(/\.ts$/, ".mjs"));
  await build({
    entryPoints: [join(projectFolder, "test/client", script)],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2022",
    // Not the project's own, which leads to the client's sources.
    tsconfigRaw: {},
    logLevel: "silent",
  });
  return outfile;
}

interface Settings {
  readonly lane: Lane;
  /** The path of the bundled suite. */
  readonly suite: string;
  readonly serviceUrl: string;
  /** Where the lane may leave its files. */
  readonly folder: string;
}

/** The portable suite, as it runs in a process of its own. */
export class RunningSuite {
  readonly #process: ChildProcess;
  readonly #outcomes = new Map<string, PromiseWithResolvers<Outcome>>();
  readonly #ended: Promise<string>;

  constructor({ lane, suite, serviceUrl, folder }: Settings) {
    const options: SuiteOptions = { url: serviceUrl, transport: lane.transport };
    const [file, ...args] = lane.command;
    const child = spawn(file, [...args, suite, JSON.stringify(options)], {
      // Its stdin closes with this process, however that ends, and the browser's launcher ends then.
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, TMPDIR: folder, DENO_DIR: folder, NO_COLOR: "1" },
      // A group of its own, so that a browser goes with its launcher.
      detached: true,
    });
    this.#process = child;
    let words = "";
    child.stderr.on("data", (data) => {
      words += data;
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const outcome = outcomeIn(line);
      if (outcome === null) words += `${line}\n`;
      else this.#of(outcome.name).resolve(outcome);
    });
    this.#ended = once(child, "close").then(([code, signal]) => {
      const end = `exit code ${code ?? signal}\n${words}`;
      for (const { reject } of this.#outcomes.values()) reject(new Error(end));
      return end.trim();
    });
  }

  /** What comes of a case; rejects if the process ends without it. */
  async outcome(name: string): Promise<Outcome> {
    const early = this.#ended.then((end) => {
      throw new Error(end);
    });
    return Promise.race([this.#of(name).promise, early]);
  }

  /** How the process ended, by itself: its exit code, and whatever else it said. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null)
      process.kill(-pid, "SIGKILL");
    await this.#ended;
  }

  #of(name: string): PromiseWithResolvers<Outcome> {
    const known = this.#outcomes.get(name) ?? Promise.withResolvers<Outcome>();
    // Who does not wait for it is not bothered by it.
    known.promise.catch(() => {});
    this.#outcomes.set(name, known);
    return known;
  }
}

function outcomeIn(line: string): Outcome | null {
  return line.startsWith('{"name":') ? JSON.parse(line) : null;
}
