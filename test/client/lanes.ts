import { join } from "node:path";
import { projectFolder } from "../../scripts/project-folder.ts";
import { machineNode } from "./machine-node.ts";
import type { Transport } from "./suite/transport.ts";

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
export type Lane = Required<Runtime>;

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
