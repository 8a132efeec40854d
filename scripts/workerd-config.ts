import { parse } from "smol-toml";
import * as v from "valibot";

/** The parts of wrangler.toml that matter to workerd. */
const WRANGLER_TOML = v.object({
  compatibility_date: v.string(),
  compatibility_flags: v.optional(v.array(v.string()), []),
  vars: v.optional(v.record(v.string(), v.string()), {}),
  durable_objects: v.optional(
    v.object({ bindings: v.array(v.object({ name: v.string(), class_name: v.string() })) }),
    { bindings: [] },
  ),
});

interface WorkerdOptions {
  /** The text of wrangler.toml, so that the service is the same here and on Cloudflare. */
  readonly wranglerToml: string;
  /** The bundle's path, relative to the configuration file. */
  readonly bundle: string;
  /** The absolute path of the folder that holds the state. */
  readonly dataFolder: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Flags for V8, such as `--expose-gc`, which a measured build may need. */
  readonly v8Flags?: readonly string[];
  /** Names of variables that workerd reads from its environment. They override those in wrangler.toml. */
  readonly fromEnvironment?: readonly string[];
}

/** Returns a workerd configuration that serves the bundled Worker, with its Durable Objects on disk. */
export function workerdConfig(options: WorkerdOptions): string {
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
