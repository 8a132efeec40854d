import { alarms } from "./alarms/alarms.ts";
import { kill } from "./kill/kill.ts";
import { everyByte } from "./line/every-byte.ts";
import { line } from "./line/line.ts";
import { newBuild } from "./new-build/new-build.ts";
import type { Scenario } from "./scenario.ts";
import { simulation } from "./simulation/simulation.ts";
import { stoppedWorker } from "./stopped-worker/stopped-worker.ts";

/** Every scenario, by the name that the command knows it by; the quick ones first. */
export const scenarios: { readonly [name: string]: Scenario } = {
  simulation,
  kill,
  alarms,
  "stopped-worker": stoppedWorker,
  "new-build": newBuild,
  "every-byte": everyByte,
  line,
};
