import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, it } from "vitest";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { type BulkCancellation, TaskClient } from "../../worker-client/index.ts";

const TASKS = 300;
const AT_ONCE = 10;

/** Asks about every task, a few at a time, however slow the machine is. */
async function each<Answer>(ids: readonly string[], ask: (id: string) => Promise<Answer>) {
  const answers: Answer[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    answers.push(...(await Promise.all(ids.slice(from, from + AT_ONCE).map(ask))));
  }
  return answers;
}

it("a cancel of 300 tasks reaches all of them, also if the service is killed in the middle", async () => {
  await using folder = await mkdtempDisposable(`${tmpdir()}/edge-canceler-bulk-`);
  const serve = () =>
    serveBundle({
      bundle: inject("bundle"),
      dataFolder: folder.path,
      port: 0,
      vars: { AUTH: "none" },
      // What a killed service says of it is no news.
      onLog: () => {},
    });
  const first = await serve();
  const tasks = new TaskClient({ url: first.url });
  const ids = Array.from({ length: TASKS }, (_, index) => `sweep-7-${index}`);
  await each(ids, (id) => (id.endsWith("0") ? tasks.start(id) : tasks.declare(id)));
  await tasks.start("other");
  const listed = (client: TaskClient) => Array.fromAsync(client.list({ prefix: "sweep-7-" }));
  while ((await listed(tasks)).length < TASKS) await sleep(50);

  const begun = await fetch(`${first.url}/v1/cancellations`, {
    method: "POST",
    // Those that run end when this is over, and not before the kill.
    body: JSON.stringify({ select: { prefix: "sweep-7-" }, gracePeriodSeconds: 15 }),
  });
  const { id }: BulkCancellation = JSON.parse(await begun.text());
  const read = async (url: string) => {
    const answer = await fetch(`${url}/v1/cancellations/${id}`);
    const bulk: BulkCancellation = JSON.parse(await answer.text());
    return bulk;
  };
  let atKill = await read(first.url);
  while (atKill.requested === 0) atKill = await read(first.url);
  await first.stop();
  expect(atKill.status).toBe("running");
  expect(atKill.ended).toBeLessThan(TASKS);

  const second = await serve();
  let bulk = await read(second.url);
  for (; bulk.status !== "done"; bulk = await read(second.url)) await sleep(50);
  expect(bulk).toMatchObject({ matched: TASKS, requested: TASKS, ended: TASKS });
  const later = new TaskClient({ url: second.url });
  const shown = await listed(later);
  expect(shown.map(({ status }) => status)).toEqual(ids.map(() => "cancelled"));
  const states = await each(ids, (one) => later.get(one));
  expect(states.map((state) => state?.status)).toEqual(ids.map(() => "cancelled"));
  expect((await later.get("other"))?.status).toBe("running");
  await second.stop();
});
