import { FaultyLine } from "../../../scripts/faulty-line.ts";
import { SeededRandom } from "../../lab/seeded-random.ts";
import { concurrently, TestService } from "../harness.ts";
import { History } from "../history/history.ts";
import { judge } from "../history/invariants.ts";
import { LEARN_WITHIN_MS } from "../history/watch-invariants.ts";
import { RecordedClient, TRANSPORTS, type Transport } from "../recorded-client.ts";
import type { Scenario, ScenarioContext, ScenarioResult } from "../scenario.ts";

/** More than any first answer of the service is long. */
const MOST_BYTES = 1000;
const AT_ONCE = 50;
/** How long a worker may take to reconnect: a few of the client's pauses. */
const BACK_WITHIN_MS = 5000;

/** The answer that carries a cancel is cut after each of its bytes. A round is a byte. */
export const everyByte: Scenario = {
  about: "the answer that carries a cancel, cut after each of its bytes",
  rounds: { full: MOST_BYTES, short: 40 },
  run: runEveryByte,
};

async function runEveryByte(context: ScenarioContext): Promise<ScenarioResult> {
  const { seed, rounds, stopsAtFirst, folder, progress, signal } = context;
  const random = new SeededRandom(seed);
  const history = new History();
  const { isEnough, violations } = judge(history, stopsAtFirst);
  const { note } = history;
  await using service = await TestService.start({ folder, signal });
  const canceller = new RecordedClient({
    name: "the canceller",
    url: service.url,
    transport: "long poll",
    note,
  });
  // Evenly spread over the answer, also in a short run.
  const step = Math.max(1, Math.floor(MOST_BYTES / rounds));
  const first = random.whole(0, step - 1);
  const cuts = Array.from({ length: rounds }, (_, round) => first + round * step);

  async function watchCut(transport: Transport, bytes: number): Promise<void> {
    if (isEnough()) return;
    const id = `byte-${bytes}-${transport.replace(" ", "-")}`;
    const watcher = `the worker whose first answer was cut after ${bytes} bytes (${transport})`;
    const line = await FaultyLine.open(service.url);
    line.suffer({ kind: "cut-after", bytes, isReset: bytes % 2 === 0 });
    await canceller.start(id);
    await canceller.cancel(id);
    const worker = new RecordedClient({ name: watcher, url: line.url, transport, note });
    using _ = worker.watch(id, watcher);
    note({ kind: "connected", atMs: Date.now() + BACK_WITHIN_MS, watcher, id });
    await history.heard(watcher, "aborted", BACK_WITHIN_MS + LEARN_WITHIN_MS);
    await canceller.get(id);
    line.close();
  }

  for (const transport of TRANSPORTS) {
    await concurrently(cuts, AT_ONCE, (bytes) => watchCut(transport, bytes));
    progress(`${cuts.length} cuts by ${transport}`);
    signal.throwIfAborted();
  }
  return {
    did: `${cuts.length} cuts of an answer by each of ${TRANSPORTS.join(", ")}`,
    violations: violations(),
  };
}
