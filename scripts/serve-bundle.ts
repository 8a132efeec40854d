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

// The npm package has no types, and loaders disagree about its default export.
const { default: workerd }: { readonly default: string } = createRequire(import.meta.url)(
  "workerd",
);

export interface ServeOptions {
  readonly bundle: string;
  /** The path of another Worker's wrangler.toml. Default: the service's. */
  readonly config?: string;
  readonly dataFolder: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where the log of requests goes: our stdout, or a pipe for the caller. Default: nowhere. */
  readonly requests?: "print" | "pipe";
  /** `pipe` leaves the rest of the log, on stderr, to the caller. Default: passes its lines to `onLog`. */
  readonly log?: "pipe";
  /** Called with each relevant line of the log. Default: prints it on stderr. */
  readonly onLog?: (line: string) => void;
  /** Flags for V8, such as `--expose-gc`. */
  readonly v8Flags?: readonly string[];
  /**
   * Variables of the Worker, in addition to those in wrangler.toml. They are passed in the environment,
   * so that no secret is written to disk.
   */
  readonly vars?: Readonly<Record<string, string>>;
  /** A file descriptor that workerd inherits and keeps open until it ends. */
  readonly inherited?: number;
  /** Aborts to end the service, even while it is starting. */
  readonly signal?: AbortSignal;
}

export interface Service {
  readonly url: string;
  readonly process: ChildProcess;
  /**
   * Kills workerd. A graceful stop would first wait for parked watches, and is not needed, because
   * everything acknowledged is on disk.
   */
  stop(): Promise<void>;
}

const REQUESTS = { print: "inherit", pipe: "pipe", drop: "ignore" } as const;

/** Serves a bundle on plain workerd. Resolves when it is listening. */
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

/** Kills the process $1 when stdin ends: the system closes it when the process at the other end dies. */
const GUARD = 'read -r _; kill -KILL "$1"';

/** Makes sure that a child process ends with this one, even if this one is killed. */
function endWithUs(child: ChildProcess): void {
  const guard = spawn("sh", ["-c", GUARD, "sh", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    // In its own process group, so that a signal to ours does not end the guard first.
    detached: true,
  });
  guard.unref();
  child.once("exit", () => guard.kill("SIGKILL"));
}

/** Reads the port from workerd's control pipe, which has one JSON object per line. */
async function listeningPort(child: ChildProcess): Promise<number> {
  const control = child.stdio[3];
  if (!(control instanceof Readable)) throw new Error("workerd has no control pipe");
  for await (const line of createInterface({ input: control })) {
    const { event, port }: { event?: unknown; port?: unknown } = JSON.parse(line);
    if (event === "listen" && typeof port === "number") return port;
  }
  throw new Error("workerd ended before it was listening: see its output above");
}

/**
 * Lines that workerd logs when a client disconnects before its response, and when an alarm fires that
 * was moved, which workerd itself marks as unimportant.
 */
const NOISE = / disconnected: | warning: NOSENTRY /;
const STACK = /^stack: /;

/** Passes on the lines of the service's log, except noise and its stack traces. */
export function serviceLog(log: Readable, onLine: (line: string) => void): void {
  let wasNoise = false;
  createInterface({ input: log }).on("line", (line) => {
    const isNoise = NOISE.test(line) || (wasNoise && STACK.test(line));
    wasNoise = NOISE.test(line);
    if (!isNoise) onLine(line);
  });
}
