import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { parse } from "smol-toml";
import * as v from "valibot";
import { wranglerToml } from "./bundle-worker.ts";

// The npm package has no types, and loaders disagree about what its default export is.
const { default: workerd }: { readonly default: string } = createRequire(import.meta.url)(
  "workerd",
);

interface Options {
  readonly bundle: string;
  /** The path of another Worker's wrangler.toml. Default: the service's. */
  readonly config?: string;
  readonly dataFolder: string;
  /** 0: any free one. */
  readonly port: number;
  /** Its lines about requests: on our own stdout, or left to the caller. Default: nobody sees them. */
  readonly requests?: "print" | "pipe";
  /** `pipe` leaves the rest of the service's log, on stderr, to the caller. Default: line by line to `onLog`. */
  readonly log?: "pipe";
  /** Hears of every line of the log that is news. Default: prints it on stderr. */
  readonly onLog?: (line: string) => void;
  /** For V8, such as `--expose-gc`. */
  readonly v8Flags?: readonly string[];
  /**
   * Variables of the Worker, added to wrangler.toml's own. They reach workerd in its environment, so
   * that a secret among them is never written to disk.
   */
  readonly vars?: Readonly<Record<string, string>>;
  /** Ends the service, also while it starts. */
  readonly signal?: AbortSignal;
}

interface Service {
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
export async function serveBundle(options: Options): Promise<Service> {
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
    stdio: ["ignore", REQUESTS[options.requests ?? "drop"], "pipe", "pipe"],
    env: { ...process.env, ...vars },
  });
  if (options.log !== "pipe" && child.stderr) serviceLog(child.stderr, onLog);
  options.signal?.addEventListener("abort", () => child.kill("SIGKILL"));
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

/** What of wrangler.toml matters to workerd. */
const WRANGLER_TOML = v.object({
  compatibility_date: v.string(),
  compatibility_flags: v.array(v.string()),
  vars: v.record(v.string(), v.string()),
  durable_objects: v.object({
    bindings: v.array(v.object({ name: v.string(), class_name: v.string() })),
  }),
});

interface WorkerdOptions {
  /** The text of wrangler.toml, so that the service is the same here and on Cloudflare. */
  readonly wranglerToml: string;
  /** The bundle's path, relative to the configuration file. */
  readonly bundle: string;
  /** The absolute path of the folder that holds the state. */
  readonly dataFolder: string;
  /** 0: any free one. */
  readonly port: number;
  /** For V8, such as `--expose-gc`; a measured build may need some. */
  readonly v8Flags?: readonly string[];
  /** Variables that workerd finds in its environment; they win over those of wrangler.toml. */
  readonly fromEnvironment?: readonly string[];
}

/** A workerd configuration that serves the bundled Worker, with its Durable Objects on disk. */
function workerdConfig(options: WorkerdOptions): string {
  const wrangler = v.parse(WRANGLER_TOML, parse(options.wranglerToml));
  const { fromEnvironment = [] } = options;
  const objects = wrangler.durable_objects.bindings;
  const namespaces = objects.map(
    ({ class_name }) =>
      `(className = ${text(class_name)}, uniqueKey = ${text(class_name)}, enableSql = true)`,
  );
  const bindings = [
    ...objects.map(
      ({ name, class_name }) =>
        `(name = ${text(name)}, durableObjectNamespace = ${text(class_name)})`,
    ),
    ...Object.entries(wrangler.vars)
      .filter(([name]) => !fromEnvironment.includes(name))
      .map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...fromEnvironment.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
    (name = "data", disk = (path = ${text(options.dataFolder)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${options.port}", http = (), service = "worker")],
  v8Flags = [${(options.v8Flags ?? []).map(text).join(", ")}],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ${text(options.bundle)})],
  compatibilityDate = ${text(wrangler.compatibility_date)},
  compatibilityFlags = [${wrangler.compatibility_flags.map(text).join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "data"),
  bindings = [${bindings.join(", ")}],
);
`;
}

function text(value: string): string {
  return JSON.stringify(value);
}

/**
 * What workerd logs when a client leaves before its answer, and when an alarm rings that has been
 * moved meanwhile, which it marks as no news itself.
 */
const NO_NEWS = / disconnected: | warning: NOSENTRY /;
const STACK = /^stack: /;

/** Hands on the service's log line by line, but for what is no news, with the stack below it. */
export function serviceLog(log: Readable, onLine: (line: string) => void): void {
  let wasNoNews = false;
  createInterface({ input: log }).on("line", (line) => {
    const isNoNews = NO_NEWS.test(line) || (wasNoNews && STACK.test(line));
    wasNoNews = NO_NEWS.test(line);
    if (!isNoNews) onLine(line);
  });
}
