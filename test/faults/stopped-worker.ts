import { SeededRandom } from "../lab/seeded-random.ts";
import { ACTOR_RUNTIMES, Actor } from "./actor/actor.ts";
import { TestService } from "./harness.ts";
import { History } from "./history/history.ts";
import { judge } from "./history/invariants.ts";
import { RecordedClient, TRANSPORTS, untilEnded } from "./recorded-client.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "./scenario.ts";

const GRACE_SECONDS = 0.2;
const PATIENCE_MS = 15_000;

/** A worker that sleeps through the end of its task and then reports as if nothing had happened. */
export const stoppedWorker: Scenario = {
  about: "SIGSTOP of a worker beyond its grace period, then SIGCONT and finish",
  rounds: { full: 30, short: 3 },
  run: runStoppedWorker,
};

async function runStoppedWorker(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, folder, progress, signal } = context;
  const random = new SeededRandom(seed);
  const history = new History();
  const { isEnough, violations } = judge(history, stopsAtFirst);
  const { note } = history;
  await using service = await TestService.start({ folder, signal });
  const { url } = service;
  const others = new RecordedClient({ name: "the others", url, transport: "long poll", note });
  let finishes = 0;

  for (let round = 1; round <= rounds && !isEnough(); round++) {
    const runtime = ACTOR_RUNTIMES[round % ACTOR_RUNTIMES.length] ?? "node";
    await using actor = new Actor({ name: `worker ${round} on ${runtime}`, runtime, note, signal });
    await actor.ready;
    const tasks = TRANSPORTS.flatMap((transport) =>
      (["cancelled", "fenced", "ended by its grace"] as const).map((fate) => ({
        id: `stopped-${round}-${transport}-${fate}`.replaceAll(" ", "-"),
        transport,
        fate,
      })),
    );
    const watcherOf = (id: string) => `the worker of ${id}`;
    for (const { id, transport } of tasks) {
      await others.start(id);
      actor.tell({ command: "watch", id, watcher: watcherOf(id), url, transport });
      await history.heard(watcherOf(id), "told", PATIENCE_MS);
    }
    actor.process.kill("SIGSTOP");
    const noteLines = (kind: "cut" | "connected") => {
      for (const { id } of tasks) note({ kind, atMs: Date.now(), watcher: watcherOf(id), id });
    };
    noteLines("cut");
    for (const { id, fate } of tasks) {
      if (fate === "fenced") await others.start(id);
      else await others.cancel(id, GRACE_SECONDS);
      if (fate === "cancelled") await others.finish(id, 1, "cancelled");
      if (fate === "ended by its grace") await untilEnded(others, id);
    }
    actor.process.kill("SIGCONT");
    noteLines("connected");
    for (const { id, fate } of tasks) {
      const status = random.one(["succeeded", "failed", "cancelled"] as const);
      actor.tell({ command: "finish", id, url, attempt: 1, status });
      await history.next(
        (entry) => entry.kind === "answered" && entry.call.startsWith("finish"),
        PATIENCE_MS,
      );
      finishes++;
      // A watch without an attempt goes on.
      if (fate !== "fenced") {
        await history.heard(watcherOf(id), "aborted", PATIENCE_MS);
      }
      await others.get(id);
    }
    progress(`round ${round} of ${rounds}: ${runtime}`);
    signal.throwIfAborted();
  }
  return {
    did: `${rounds} stopped workers, ${finishes} late reports`,
    violations: violations(),
  };
}
