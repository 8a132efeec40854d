import process from "node:process";
import { LeasedWorker } from "./leased-worker.ts";

// A process that works on a task with a lease, says when it watches, and may then be too busy to say
// anything for a while.

const [url = "", id = "", leaseSeconds, busyMs] = process.argv.slice(2);
const HOUR_MS = 3_600_000;

function keepBusy(milliseconds: number): void {
  const untilMs = performance.now() + milliseconds;
  while (performance.now() < untilMs);
}

await new LeasedWorker({
  url,
  id,
  holder: `process-${process.pid}`,
  leaseSeconds: Number(leaseSeconds),
  sign: "WebSocket",
  workMs: Number(busyMs) || HOUR_MS,
  stopMs: 0,
  end: "succeeded",
  note() {},
  onWatching() {
    console.log("watching");
    // The first ping is answered before.
    setTimeout(() => keepBusy(Number(busyMs)), 1000);
  },
}).run();
