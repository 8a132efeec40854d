import { machine } from "../machine.ts";
import { markdownTable } from "../markdown-table.ts";
import { hourRows } from "./hour-rows.ts";
import type { Measurement } from "./measurement.ts";
import { openingRows } from "./opening-rows.ts";
import { priceRows } from "./price-rows.ts";
import { verdictRows } from "./verdict-rows.ts";

/** The text of COST.md, whole. */
export function costReport(measurements: readonly Measurement[]): string {
  const { date, workerd, node, cores, cpu } = machine();
  const seconds = measurements.map(({ windowSeconds }) => Math.round(windowSeconds));
  return `# What a watched task costs

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

## Targets

${markdownTable(verdictRows(measurements))}

## Prices

[price-table.ts](cost/price-table.ts), from Cloudflare's pages for
[Durable Objects](https://developers.cloudflare.com/durable-objects/platform/pricing/) and
[Workers](https://developers.cloudflare.com/workers/platform/pricing/):

${markdownTable(priceRows())}

## How it was counted

Nothing here is a formula but the multiplication by the price. The service runs as it is, bundled as a deploy
would, around it a [meter](cost/metered/): it replaces the methods of the task object's class and of
its storage by ones that count, and then do the same.

- **Worker requests, object requests, alarms**: how often the handlers ran. An RPC call is a request.
- **Socket messages**: how often the client sent one. The object sleeps through a \`ping\`. Whether
  such a message is billed is not said plainly; here it is.
- **The end of a wait** is the Worker's: its timer costs nothing, and it closes the poll's socket. A close is not among
  what the page calls a request; the time that it takes the object is counted as active.
- **Rows**: a key that is read is a row read; one that is written or deleted is a row written, and so
  is a set alarm. To ask when the alarm is set counts as a row read, which nobody asks for. A call that the meter does
  not know makes it fail.
- **Active**: the time in which an object handles at least one event. It is what is billed as
  duration: an object that is idle and could hibernate is not billed, "even before the runtime has
  hibernated" it.
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
