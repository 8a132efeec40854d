import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, inject, it } from "vitest";
import { serveBundle } from "../../scripts/serve-bundle.ts";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { abortOf, latch } from "../client/suite/harness.ts";

const TASKS = 300;
/** So few that each is answered in time, however slow the machine is. */
const AT_ONCE = 10;

it("300 tasks with a watcher each: 300 cancels, 300 told, nothing in the log", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-many-"));
  const service = await serveBundle({
    bundle: inject("bundle"),
    dataFolder: folder.path,
    port: 0,
    log: "pipe",
    vars: { AUTH: "none" },
  });
  const { stderr } = service.process;
  if (stderr === null) throw new Error("the log is not piped");
  const log = text(stderr);
  try {
    const tasks = new TaskClient({ url: service.url });
    const ids = Array.from({ length: TASKS }, (_, number) => `task-${number}`);

    const watches = await forEach(ids, async (id) => {
      await tasks.declare(id);
      const seen = latch();
      const ended = latch();
      const watch = tasks.watch(id, {
        onChange: ({ endedAt }) => (endedAt === null ? seen : ended).open(),
      });
      await seen.opened;
      return { id, watch, ended };
    });
    await forEach(ids, (id) => tasks.cancel(id, { reason: `enough of ${id}` }));
    for (const { id, watch, ended } of watches) {
      await ended.opened;
      const error = await abortOf(watch.signal);
      expect(error).toBeInstanceOf(TaskCancelledError);
      expect(error).toMatchObject({ reason: `enough of ${id}` });
    }
    expect(watches).toHaveLength(TASKS);
  } finally {
    await service.stop();
  }
  expect(await log).toBe("");
});

/** Does something for every item, for some of them at the same time. */
async function forEach<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = items.values();
  const worker = async () => {
    for (const item of left) results.push(await act(item));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
