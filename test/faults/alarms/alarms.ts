import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "../../lab/seeded-random.ts";
import { TestService } from "../harness.ts";
import { type Entry, History } from "../history/history.ts";
import { judge } from "../history/invariants.ts";
import { RecordedClient, untilEnded } from "../recorded-client.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";
import { TROUBLES } from "./troubles.ts";

const ENTRY = fileURLToPath(new URL("hostile/index.ts", import.meta.url));
/** The object's alarm keeps the first two, the Worker the wait. */
const TIMERS = ["deadline", "grace", "wait"] as const;
/** Timers of this length are due within a round, and overdue after a restart. */
const SHORTEST_MS = 300;
const LONGEST_MS = 800;
/** A wait lasts so much longer that one which ends early shows on a slow machine, too. */
const WAITS_LONGER_MS = 2000;

/** Alarms that ring twice, late or in vain, and timers that are overdue when the service is back. */
export const alarms: Scenario = {
  about: "alarms that run twice, late, fail, or are past due at a restart",
  rounds: { full: 20, short: 2 },
  run: runAlarms,
};

async function runAlarms(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, folder, progress, signal } = context;
  const random = new SeededRandom(seed);
  const history = new History();
  const { isEnough, violations } = judge(history, stopsAtFirst);
  const { note } = history;
  // The alarms fail, and the service logs that. The user sees any other line.
  const onLog = (line: string) => {
    if (!line.includes("the disk is not there")) progress(line);
  };
  await using service = await TestService.start({ folder, signal, entry: ENTRY, onLog });
  const { url } = service;
  const tasks = new RecordedClient({ name: "everybody", url, transport: "long poll", note });
  let count = 0;

  /** Begins a life with a timer. Returns its poll, if the timer is a wait. */
  async function begin(
    id: string,
    timer: (typeof TIMERS)[number],
    timerMs: number,
  ): Promise<{ readonly poll: Promise<void> | null }> {
    const seconds = timerMs / 1000;
    if (timer === "deadline") {
      await tasks.declare(id, { timeoutSeconds: seconds, gracePeriodSeconds: seconds });
    }
    const revision = (await tasks.start(id))?.revision ?? 0;
    if (timer === "grace") await tasks.cancel(id, seconds);
    const waitMs = timerMs + WAITS_LONGER_MS;
    return { poll: timer === "wait" ? recordPoll({ url, id, revision, waitMs, note }) : null };
  }

  for (let round = 1; round <= rounds && !isEnough(); round++) {
    const lives = TROUBLES.flatMap((trouble) =>
      TIMERS.map((timer) => ({ timer, id: `alarm-${trouble}-${timer}-${round}` })),
    );
    const polls = await Promise.all(
      lives.map(({ id, timer }) => begin(id, timer, random.whole(SHORTEST_MS, LONGEST_MS))),
    );
    if (round % 2 === 0) {
      await service.kill();
      await sleep(LONGEST_MS);
      await service.restart();
    }
    await Promise.all([
      ...lives.map(({ id, timer }) => (timer === "wait" ? null : untilEnded(tasks, id))),
      ...polls.map(({ poll }) => poll),
    ]);
    count += lives.length;
    progress(`round ${round} of ${rounds}`);
    signal.throwIfAborted();
  }
  return {
    did: `${count} timers, ${Math.floor(rounds / 2)} restarts while they were due`,
    violations: violations(),
  };
}

/** How much longer than it should a wait may take until the client gives up. */
const PATIENCE_MS = 13_000;

interface Options {
  readonly url: string;
  readonly id: string;
  readonly revision: number;
  readonly waitMs: number;
  readonly note: (entry: Entry) => void;
}

/** Polls once and writes down how long that took. */
async function recordPoll({ url, id, revision, waitMs, note }: Options): Promise<void> {
  const call = `the poll of ${id} that begins at ${Date.now()}`;
  const operation = "poll";
  note({ kind: "asked", atMs: Date.now(), call, operation, id, attempt: null, waitMs });
  try {
    const response = await fetch(
      `${url}/v1/tasks/${id}?revision=${revision}&wait=${waitMs / 1000}`,
      { signal: AbortSignal.timeout(waitMs + PATIENCE_MS) },
    );
    await response.body?.cancel();
    if (response.status === 304) note({ kind: "unchanged", atMs: Date.now(), call });
  } catch {
    // The service was killed, or the wait never ended: the time tells which.
    note({ kind: "unanswered", atMs: Date.now(), call });
  }
}
