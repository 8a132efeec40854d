import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, request } from "undici";
import * as v from "valibot";
import { bundleWorker, wranglerToml } from "../../../scripts/bundle-worker.ts";
import { serveBundle } from "../../../scripts/serve-bundle.ts";
import type { BilledCounts, MeterReading } from "./billing.ts";
import type { Mode } from "./modes.ts";

/** What the measurements of one run have in common. */
export interface Lab {
  /** The path of each bundle. */
  readonly bundles: { readonly service: string; readonly naive: string };
  /** Where every measurement may keep its service's state. */
  readonly folder: string;
  /** How many tasks are watched in each mode. */
  readonly tasks: number;
  /** From the last watch's opening to the first count at least: idle objects are gone after 10 s. */
  readonly settleSeconds: number;
  /** A window is a whole number of a mode's own periods, and at least so long. */
  readonly windowSeconds: number;
  /** How many WebSocket messages were sent to a service by now. */
  readonly socketMessagesTo: (url: string) => number;
  /** Ends it all. */
  readonly signal: AbortSignal;
}

const METER_READING = v.object({
  workerRequests: v.number(),
  objectRequests: v.number(),
  alarms: v.number(),
  rowsRead: v.number(),
  rowsWritten: v.number(),
  activeSeconds: v.number(),
  constructions: v.number(),
  inAction: v.number(),
  inMemory: v.number(),
});

const CONFIGS = {
  service: wranglerToml,
  naive: fileURLToPath(new URL("naive/wrangler.toml", import.meta.url)),
};

/**
 * Each reading takes a connection of its own: workerd closes one that was idle for 5 s, and on a busy
 * machine our next request may be on its way over it then.
 */
const anew = new Agent({ pipelining: 0 });

/** A build that counts what it does. */
export interface MeteredService {
  readonly url: string;
  /** All that was counted so far. */
  read(): Promise<MeterReading & BilledCounts>;
  stop(): Promise<void>;
}

/**
 * Serves a metered build, with a workerd and a state of its own. The directory has no part in a watch,
 * so it is off unless it is asked for.
 */
export async function meteredService(
  build: Mode["build"],
  lab: Lab,
  vars: Readonly<Record<string, string>> = { DIRECTORY: "off" },
): Promise<MeteredService> {
  const dataFolder = join(lab.folder, crypto.randomUUID());
  await mkdir(dataFolder);
  const service = await serveBundle({
    bundle: lab.bundles[build],
    config: CONFIGS[build],
    dataFolder,
    port: 0,
    v8Flags: ["--expose-gc"],
    vars: { AUTH: "none", ...vars },
    signal: lab.signal,
  });
  return {
    url: service.url,
    async read() {
      const { signal } = lab;
      const { body } = await request(`${service.url}/meter`, { dispatcher: anew, signal });
      const reading: MeterReading = v.parse(METER_READING, await body.json());
      return { ...reading, socketMessages: lab.socketMessagesTo(service.url) };
    },
    stop: () => service.stop(),
  };
}

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Bundles the metered service and the naive Worker to compare it with. */
export async function bundleBuilds(folder: string): Promise<Lab["bundles"]> {
  return {
    service: await bundleWorker({
      folder: join(folder, "service"),
      entry: path("metered/index.ts"),
    }),
    naive: await bundleWorker({
      folder: join(folder, "naive"),
      entry: path("naive/index.ts"),
      config: path("naive/wrangler.toml"),
    }),
  };
}

/**
 * Counts what this process sends over WebSockets, from now on; the answer tells how much it was to
 * a service. An object sleeps through a `ping`, so it can only be counted where it comes from.
 */
export function countSocketMessages(): (serviceUrl: string) => number {
  const counts = new Map<string, number>();
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const { host } = new URL(this.url);
    counts.set(host, (counts.get(host) ?? 0) + 1);
    send.call(this, data);
  };
  return (serviceUrl) => counts.get(new URL(serviceUrl).host) ?? 0;
}
