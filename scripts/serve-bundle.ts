import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { wranglerToml } from "./bundle-worker.ts";
import { workerdConfig } from "./workerd-config.ts";

// The npm package has no types, and loaders disagree about what its default export is.
const { default: workerd }: { readonly default: string } = createRequire(import.meta.url)(
  "workerd",
);

export interface ServeOptions {
  readonly bundle: string;
  /** The path of another Worker's wrangler.toml. Default: the service's. */
  readonly config?: string;
  readonly dataFolder: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where its lines about requests go: our stdout, or a pipe for the caller. Default: nowhere. */
  readonly requests?: "print" | "pipe";
  /** `pipe` leaves the rest of its log, on stderr, to the caller. Default: line by line to `onLog`. */
  readonly log?: "pipe";
  /** Called with every line of the log that matters. Default: prints it on stderr. */
  readonly onLog?: (line: string) => void;
  /** For V8, such as `--expose-gc`. */
  readonly v8Flags?: readonly string[];
  /**
   * Variables of the Worker, added to wrangler.toml's own. They reach workerd in its environment, so
   * that a secret among them is never written to disk.
   */
  readonly vars?: Readonly<Record<string, string>>;
  /** A file descriptor of this process that workerd inherits and keeps open while it lives. */
  readonly inherited?: number;
  /** Ends the service, also while it starts. */
  readonly signal?: AbortSignal;
}

export interface Service {
  readonly url: string;
  readonly process: ChildProcess;
  /**
   * Ends the service at once. workerd would let parked watches run to their end first; what has
   * been acknowledged is on disk, so it is simply killed.
   */
  stop(): Promise<void>;
}

const REQUESTS = { print: "inherit", pipe: "pipe", drop: "ignore" } as const;

/** Serves a bundle on plain workerd; resolves when it listens. */
export async function serveBundle(options: ServeOptions): Promise<Service> {
  const config = join(dirname(options.bundle), `workerd-${randomUUID()}.capnp`);
  const { vars = {}, onLog = console.error } = options;
  const toml = await readFile(options.config ?? wranglerToml, "utf8");
  await writeFile(
    config,
    workerdConfig({
      ...options,
      wranglerToml: toml,
      bundle: basename(options.bundle),
      fromEnvironment: Object.keys(vars),
    }),
  );
  options.signal?.throwIfAborted();
  const child = spawn(workerd, ["serve", config, "--control-fd=3"], {
    stdio: ["ignore", REQUESTS[options.requests ?? "drop"], "pipe", "pipe", options.inherited],
    env: { ...process.env, ...vars },
  });
  endWithUs(child);
  if (options.log !== "pipe" && child.stderr) serviceLog(child.stderr, onLog);
  const kill = () => child.kill("SIGKILL");
  options.signal?.addEventListener("abort", kill);
  child.once("exit", () => options.signal?.removeEventListener("abort", kill));
  const port = await listeningPort(child);
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** Kills the process $1 when stdin ends, which the system closes with the process at its other end. */
const GUARD = 'read -r _; kill -KILL "$1"';

/** Makes sure that a child ends with this process, even if this process is killed. */
function endWithUs(child: ChildProcess): void {
  const guard = spawn("sh", ["-c", GUARD, "sh", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    // In a group of its own, so that a signal to our whole group does not end the guard first.
    detached: true,
  });
  guard.unref();
  child.once("exit", () => guard.kill("SIGKILL"));
}

/** workerd reports on its control pipe, a JSON object a line, which port it listens on. */
async function listeningPort(child: ChildProcess): Promise<number> {
  const control = child.stdio[3];
  if (!(control instanceof Readable)) throw new Error("workerd has no control pipe");
  for await (const line of createInterface({ input: control })) {
    const { event, port }: { event?: unknown; port?: unknown } = JSON.parse(line);
    if (event === "listen" && typeof port === "number") return port;
  }
  throw new Error("workerd ended before it listened: its own words are above");
}

/**
 * What workerd logs when a client leaves before it is answered, and when an alarm rings that has
 * been moved, which workerd itself marks as unimportant.
 */
const NO_NEWS = / disconnected: | warning: NOSENTRY /;
const STACK = /^stack: /;

/** Passes on the service's log line by line, without the lines that do not matter and their stacks. */
export function serviceLog(log: Readable, onLine: (line: string) => void): void {
  let wasNoNews = false;
  createInterface({ input: log }).on("line", (line) => {
    const isNoNews = NO_NEWS.test(line) || (wasNoNews && STACK.test(line));
    wasNoNews = NO_NEWS.test(line);
    if (!isNoNews) onLine(line);
  });
}
