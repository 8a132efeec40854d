// Runs the bundled portable suite inside a Worker: `node suite-in-worker.ts BUNDLE OPTIONS`.
// What the Worker prints comes out here, and what workerd logs only if the suite breaks off.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { text } from "node:stream/consumers";

// The client is used by Workers that were last looked at years ago.
const COMPATIBILITY_DATE = "2024-01-01";

const { default: workerd }: { readonly default: string } = createRequire(import.meta.url)(
  "workerd",
);
const [bundle = "", options = ""] = process.argv.slice(2);

const config = `${bundle}.capnp`;
writeFileSync(
  config,
  `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "suite", worker = .suite),
    (name = "internet", network = (allow = ["local"])),
  ],
);

const suite :Workerd.Worker = (
  modules = [(name = "suite", esModule = embed ${JSON.stringify(basename(bundle))})],
  compatibilityDate = ${JSON.stringify(COMPATIBILITY_DATE)},
  bindings = [(name = "OPTIONS", text = ${JSON.stringify(options)})],
);
`,
);
const child = spawn(workerd, ["test", config], { stdio: ["ignore", "inherit", "pipe"] });
const log = text(child.stderr);
const [code] = await once(child, "close");
process.exitCode = code ?? 1;
if (code !== 0) process.stderr.write(await log);
