// The load generator: a process of its own, that does one job after the other for its parent.

import { parseArgs } from "node:util";
import * as v from "valibot";
import { floorDialect, productDialect } from "./dialects.ts";
import { JOB, type Job, type Outcome } from "./job.ts";
import { loadQueue } from "./queue.ts";
import { Stopwatch, startShares } from "./stopwatch.ts";
import { askTasks, makeChildren, ParkedTasks } from "./tasks.ts";
import { ReceivedWebhook } from "./webhook.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const [serviceUrl = "", servicePid = "", side = ""] = positionals;
const dialect = side === "floor" ? floorDialect : productDialect;
const parked = new ParkedTasks(serviceUrl, dialect);
const webhook = new ReceivedWebhook(serviceUrl);

async function perform(job: Job): Promise<Outcome> {
  const answered = new Stopwatch();
  const told = new Stopwatch();
  const shares = startShares(Number(servicePid));
  switch (job.kind) {
    case "ask":
      await askTasks({ serviceUrl, dialect, job, answered });
      break;
    case "park":
      await parked.park(job, answered);
      break;
    case "tell":
      await parked.tell(job, answered, told);
      break;
    case "make children":
      await makeChildren(serviceUrl, job);
      break;
    case "tell all":
      await parked.tellAll(job, answered, told);
      break;
    case "add webhook":
      await webhook.add();
      break;
    case "tell webhook":
      await webhook.tell(job, told);
      break;
    case "queue": {
      const own = side === "floor" ? "floor" : "product";
      await loadQueue({ serviceUrl, side: own, job, answered, told });
      break;
    }
    case "release":
      await parked.release();
      break;
  }
  return { answered: answered.timing(), told: told.timing(), ...shares() };
}

// Without a parent there is nothing left to do; the watchers would keep the process alive.
process.on("disconnect", () => process.exit());
process.on("message", async (message) => {
  try {
    process.send?.({ outcome: await perform(v.parse(JOB, message)) });
  } catch (error) {
    process.send?.({ failure: String(error) });
  }
});
