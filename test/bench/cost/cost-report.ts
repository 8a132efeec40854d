import { machine } from "../machine.ts";
import { markdownTable } from "../results-page.ts";
import { type BilledCounts, PRICE_TABLE, priceOf } from "./billing.ts";
import type { LifeMeasurement } from "./measure-lives.ts";
import type { Measurement } from "./measure-modes.ts";
import { verdictRows } from "./verdicts.ts";

/** The text of COST.md, whole. */
export function costReport(
  measurements: readonly Measurement[],
  lives: readonly LifeMeasurement[],
): string {
  const { date, workerd, node, cores, cpu } = machine();
  const seconds = measurements.map(({ windowSeconds }) => Math.round(windowSeconds));
  return `# What tasks cost

\`npm run bench -- cost --write\` wrote this on ${date}: ${measurements[0]?.tasks} tasks with a watcher each, in each mode, all of
them idle, counted for ${Math.min(...seconds)} to ${Math.max(...seconds)} s on workerd ${workerd} (Node ${node}, ${cores} × ${cpu}).

## To be watched

The last column is dollars per million watched task-hours, at the list prices below, without what a
plan includes. It is the price of watching alone: what it costs to open a watch stands in the next
table, and to start, cancel and finish a task costs the same in every mode.

${markdownTable(hourRows(measurements))}

## To open a watch

Dollars per million openings. The client's first long poll does not know the task yet, so it is answered
at once and asked again. What the naive watch is active here is the wait that has begun.

${markdownTable(openingRows(measurements))}

## What else tasks cost

Dollars per million tasks, or events. The directory's cost is the difference from a service with \`DIRECTORY = "off"\`
on which the same happens; that of a parent or a webhook is the difference from tasks without one. The first row and
the cancels are counted whole, with what each task writes, what the directory is told, and the worker's report. There
are ${lives[0]?.tasks} tasks in each row. Between two steps of a task the directory has time to hear of the first, unless the worker
stops at once. Events come one at a time, and the receiver takes each at once: a second more would add $1.60 per million.

${markdownTable(lifeRows(lives))}

## Targets

${markdownTable(verdictRows(measurements, lives))}

## Prices

[billing.ts](cost/billing.ts), from Cloudflare's pages for
[Durable Objects](https://developers.cloudflare.com/durable-objects/platform/pricing/) and
[Workers](https://developers.cloudflare.com/workers/platform/pricing/):

${markdownTable(priceRows())}

## How it was counted

Nothing here is a formula but the multiplication by the price. The service runs as it is, bundled as a deploy
would, around it a [meter](cost/metered/): it replaces the methods of each object's class and of
its storage by ones that count, and then do the same.

- **Worker requests, object requests, alarms**: how often the handlers ran. An RPC call is a request.
- **Socket messages**: how often the client sent one. The object sleeps through a \`ping\`. Whether
  such a message is billed is not said plainly; here it is.
- **The end of a wait** is the Worker's: its timer costs nothing, and it closes the poll's socket. A close is not among
  what the page calls a request; the time that it takes the object is counted as active.
- **Rows**: a key that is read is a row read; one that is written or deleted is a row written, and so
  is a set alarm. Of an SQL statement SQLite itself says how many rows it takes, those of indexes with them. To ask when
  the alarm is set counts as a row read, which nobody asks for. A call that the meter does not know makes it fail.
- **Active**: the time in which an object handles at least one event, or goes on after its answer, as a task does
  until the directory is told. It is what is billed as duration: an object that is idle and could hibernate is not
  billed, "even before the runtime has hibernated" it.
- **In memory**: how many objects exist, each second, after a garbage collection, by weak references. It is not
  billed; if it were, an hour of it would cost what an active hour costs. workerd takes an idle object out of memory
  after ten seconds, so whoever polls more often than that keeps it there.
- A window is a whole number of a mode's periods, begins after the first ten seconds, and its edges lie
  between two bursts of polls.
- **Asleep** means: no object in memory at any second of the window; and when every task is read
  afterwards, every object's constructor runs again, and every one still has its watcher.

Not counted: the Worker's CPU time ($0.02 per million ms), which workerd does not tell, and stored data.
`;
}

const MILLION = 1e6;

/** What an hour of one watch takes in each mode, and what a million of them cost; first the head. */
export function hourRows(measurements: readonly Measurement[]): string[][] {
  const head = ["one watch, one hour", ...countColumns("heads"), "in memory s", "$ per million"];
  const rows = measurements.map(({ mode, hour, inMemorySeconds }) => [
    mode.name,
    ...countColumns(hour),
    inMemorySeconds.toFixed(0),
    (priceOf(hour).total * MILLION).toFixed(2),
  ]);
  return [head, ...rows];
}

/** What it takes to open one watch in each mode, and what a million of them cost; first the head. */
export function openingRows(measurements: readonly Measurement[]): string[][] {
  const head = ["opening one watch", ...countColumns("heads"), "$ per million"];
  const rows = measurements.map(({ mode, opening }) => [
    mode.name,
    ...countColumns(opening),
    (priceOf(opening).total * MILLION).toFixed(2),
  ]);
  return [head, ...rows];
}

/** What each life takes of a task, and what a million of them cost; first the head. */
export function lifeRows(lives: readonly LifeMeasurement[]): string[][] {
  const head = ["one task", ...countColumns("heads"), "$ per million"];
  const rows = lives.map(({ life, each }) => [
    life.name,
    ...countColumns(each),
    (priceOf(each).total * MILLION).toFixed(2),
  ]);
  return [head, ...rows];
}

/** The price table for a reader; first the head. */
function priceRows(): string[][] {
  const { dollarsPerMillion, objectGigabytes, socketMessagesPerRequest } = PRICE_TABLE;
  const { workerRequests, objectRequests, rowsRead, rowsWritten, gigabyteSeconds } =
    dollarsPerMillion;
  return [
    ["what is billed", "$ per million"],
    ["Worker requests", String(workerRequests)],
    ["object requests: HTTP, upgrade, RPC, alarm", String(objectRequests)],
    [
      `socket messages to an object, ${socketMessagesPerRequest} for a request`,
      String(objectRequests / socketMessagesPerRequest),
    ],
    ["rows read", String(rowsRead)],
    ["rows written, set alarms included", String(rowsWritten)],
    [
      `seconds active, at ${gigabyteSeconds} for GB-s and ${objectGigabytes} GB`,
      String(gigabyteSeconds * objectGigabytes),
    ],
  ];
}

/** The billed counts as columns of a table: their heads, or the cells of one row. */
function countColumns(counts: BilledCounts | "heads"): string[] {
  if (counts === "heads") {
    return [
      "Worker requests",
      "object requests",
      "alarms",
      "socket messages",
      "rows read",
      "rows written",
      "active s",
    ];
  }
  const { workerRequests, objectRequests, alarms, socketMessages, rowsRead, rowsWritten } = counts;
  const whole = [workerRequests, objectRequests, alarms, socketMessages, rowsRead, rowsWritten];
  return [...whole, counts.activeSeconds].map(showCount);
}

/** As many digits as say something. */
function showCount(count: number): string {
  if (count === 0) return "0";
  return count >= 1000 ? count.toFixed(0) : count.toPrecision(3).replace(/\.0+$/, "");
}
