import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { eventually } from "../client/suite/harness.ts";
import { cliIn, newTaskId } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

/** Runs the command with a pipe as stdout whose reader is gone before the first line. Returns the exit code. */
async function exitCodeUnread(args: readonly string[]): Promise<unknown> {
  const [file = "", ...before] = cliIn("node");
  const child = spawn(file, [...before, ...args, "--url", url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.destroy();
  const [code, signal] = await once(child, "close");
  return code ?? signal;
}

it.each([
  ["watch", (id: string) => ["watch", id]],
  ["queue --watch", (id: string) => ["queue", id, "--watch"]],
  ["list", (id: string) => ["list", "--prefix", id, "--limit", "all", "--json"]],
])("edge-canceler %s ends when nobody reads its output", async (_, args) => {
  const id = newTaskId();
  await tasks.declare(id);
  // A list hears of a task a moment later.
  await eventually(
    () => tasks.listPage({ prefix: id }),
    (page) => page.tasks.length > 0,
  );
  expect(await exitCodeUnread(args(id))).toBe(141);
});

it("edge-canceler cancel does all that it was asked to, though nobody reads its output", async () => {
  const ids = [newTaskId(), newTaskId()];
  for (const id of ids) await tasks.declare(id);
  expect(await exitCodeUnread(["cancel", ...ids, "--wait"])).toBe(0);
  for (const id of ids) expect(await tasks.get(id)).toMatchObject({ status: "cancelled" });
});
