import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import type { TaskState } from "../../worker-client/protocol.ts";
import { TestService } from "./harness.ts";
import type { Violation } from "./history/invariants.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "./scenario.ts";
import { StallMeter } from "./stalls.ts";

const LEASE_SECONDS = 10;
const GRACE_SECONDS = 1;
/** A line that is open may be mute for so many leases. */
const MUTE_LEASES = 5;
/** A worker that is killed gave its last sign of life before the service sees its line close. */
const EARLY_SECONDS = 0.1;
const LATE_SECONDS = 2;
const TRIES_EVERY_MS = 200;
const WORKER = fileURLToPath(new URL("leased-process.ts", import.meta.url));

/** When a task is handed on whose worker is dead, stopped, cut off or only busy. */
export const deadWorker: Scenario = {
  about: "a worker with a lease is killed, stopped, cut off or busy; a round is one of each",
  rounds: { full: 5, short: 1 },
  run: runDeadWorkers,
};

const FATES = ["killed", "stopped", "swallowed", "busy"] as const;
type Fate = (typeof FATES)[number];

async function runDeadWorkers(context: ScenarioContext): Promise<ScenarioResult> {
  const { rounds, folder, progress, signal } = context;
  const violations: Violation[] = [];
  await using service = await TestService.start({ folder, signal });
  using meter = new StallMeter();
  const cases = Array.from({ length: rounds }, (_, round) =>
    FATES.map((fate) => ({ fate, id: `${fate}-${round}` })),
  ).flat();
  const told: string[] = [];
  await Promise.all(
    cases.map(async ({ fate, id }) => {
      const handOver = await meet(fate, { id, url: service.url, meter, signal });
      const detail = wrongAbout(fate, handOver);
      const when = handOver === null ? "kept" : whenIt(handOver);
      progress(`${id}: ${when}`);
      told.push(`${id} ${when}`);
      if (detail !== null) violations.push({ invariant: "lease", detail: `${id}: ${detail}` });
    }),
  );
  return { did: told.sort().join(", "), violations };
}

/** When a task was handed on. */
interface HandOver {
  readonly seconds: number;
  /** For how long of these the machine did not stall. */
  readonly ranSeconds: number;
}

function whenIt({ seconds }: HandOver): string {
  return `handed on after ${seconds.toFixed(1)} s`;
}

/** What is wrong with when a task was handed on; null: it was not. Returns null: nothing. */
function wrongAbout(fate: Fate, handOver: HandOver | null): string | null {
  if (fate === "busy") return handOver === null ? null : "a busy worker lost its task";
  if (handOver === null) return "nobody was handed the task";
  const { seconds, ranSeconds } = handOver;
  const leases = fate === "killed" ? 1 : MUTE_LEASES;
  const isEarly = seconds < LEASE_SECONDS + GRACE_SECONDS - (fate === "killed" ? EARLY_SECONDS : 0);
  const isLate = ranSeconds > leases * LEASE_SECONDS + GRACE_SECONDS + LATE_SECONDS;
  return isEarly || isLate ? whenIt(handOver) : null;
}

interface Meeting {
  readonly id: string;
  readonly url: string;
  readonly meter: StallMeter;
  readonly signal: AbortSignal;
}

/** Something befalls a worker. Returns after how many seconds another one has the task; null: never. */
async function meet(fate: Fate, { id, url, meter, signal }: Meeting): Promise<HandOver | null> {
  const settings = { maxAttempts: 3, backoffSeconds: 0, gracePeriodSeconds: GRACE_SECONDS };
  await ask(`${url}/v1/tasks/${id}`, "PUT", settings);
  const line = await FaultyLine.open(url);
  const busyMs = fate === "busy" ? 2 * LEASE_SECONDS * 1000 : 0;
  const args = [WORKER, line.url, id, String(LEASE_SECONDS), String(busyMs)];
  const worker = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => worker.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  try {
    await said(worker, "watching");
    if (fate === "killed") worker.kill("SIGKILL");
    if (fate === "stopped") worker.kill("SIGSTOP");
    if (fate === "swallowed") line.suffer({ kind: "blackhole" });
    return await handedOn(`${url}/v1/tasks/${id}`, meter, signal);
  } finally {
    signal.removeEventListener("abort", kill);
    worker.kill("SIGKILL");
    line.close();
  }
}

/** Another worker tries to start the task until it may, or the task has ended. */
async function handedOn(
  task: string,
  meter: StallMeter,
  signal: AbortSignal,
): Promise<HandOver | null> {
  const beganAtMs = Date.now();
  const patienceMs = (MUTE_LEASES + 2) * LEASE_SECONDS * 1000;
  while (Date.now() - beganAtMs < patienceMs) {
    const body = { holder: "another", leaseSeconds: LEASE_SECONDS };
    const { status, state } = await ask(`${task}/start`, "POST", body);
    if (status === 200 && state.attempt === 2) {
      const nowMs = Date.now();
      const ranSeconds = meter.ranMs(beganAtMs, nowMs) / 1000;
      return { seconds: (nowMs - beganAtMs) / 1000, ranSeconds };
    }
    if (state.status === "succeeded") return null;
    await sleep(TRIES_EVERY_MS, undefined, { signal });
  }
  return null;
}

async function ask(
  url: string,
  method: string,
  body: object,
): Promise<{ readonly status: number; readonly state: TaskState }> {
  const response = await fetch(url, { method, body: JSON.stringify(body) });
  const answer: TaskState & { readonly task?: TaskState } = JSON.parse(await response.text());
  return { status: response.status, state: answer.task ?? answer };
}

async function said(worker: ChildProcess, word: string): Promise<void> {
  if (worker.stdout === null) throw new Error("the worker has no standard output");
  const lines = createInterface({ input: worker.stdout });
  for (let [line] = await once(lines, "line"); line !== word; [line] = await once(lines, "line"));
}
