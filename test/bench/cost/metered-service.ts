import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { serveBundle } from "../../../scripts/serve-bundle.ts";
import { wranglerToml } from "../../../scripts/wrangler.ts";
import type { BilledCounts } from "./billed-counts.ts";
import type { Lab } from "./lab.ts";
import type { MeterReading } from "./meter-reading.ts";
import type { Mode } from "./mode.ts";

const METER_READING = v.object({
  workerRequests: v.number(),
  objectRequests: v.number(),
  alarms: v.number(),
  rowsRead: v.number(),
  rowsWritten: v.number(),
  activeSeconds: v.number(),
  constructions: v.number(),
  inMemory: v.number(),
});

const CONFIGS = {
  service: wranglerToml,
  naive: fileURLToPath(new URL("naive/wrangler.toml", import.meta.url)),
};

interface MeteredService {
  readonly url: string;
  /** All that was counted so far. */
  read(): Promise<MeterReading & BilledCounts>;
  stop(): Promise<void>;
}

/** Serves a metered build, with a workerd and a state of its own. */
export async function meteredService(build: Mode["build"], lab: Lab): Promise<MeteredService> {
  const dataFolder = join(lab.folder, crypto.randomUUID());
  await mkdir(dataFolder);
  const service = await serveBundle({
    bundle: lab.bundles[build],
    config: CONFIGS[build],
    dataFolder,
    port: 0,
    v8Flags: ["--expose-gc"],
    vars: { AUTH: "none" },
    signal: lab.signal,
  });
  return {
    url: service.url,
    async read() {
      const response = await fetch(`${service.url}/meter`, { signal: lab.signal });
      const reading: MeterReading = v.parse(METER_READING, await response.json());
      return { ...reading, socketMessages: lab.socketMessagesTo(service.url) };
    },
    stop: () => service.stop(),
  };
}
