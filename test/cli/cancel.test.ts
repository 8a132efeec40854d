import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `cancel-${crypto.randomUUID()}`;
const cancel = (...args: string[]) => runCli(["cancel", ...args, "--url", url]);

describe("edge-canceler cancel", () => {
  it("prints the receipt of a task that nobody runs", async () => {
    const id = newId();
    expect(await cancel(id, "--reason", "wrong data")).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(
        `^${id}  cancelled  asked \\S+Z  not delivered  not acknowledged  ended \\+0ms  cancelled: wrong data\n$`,
      ),
      stderr: "",
    });
  });

  it("answers at once while the worker still has to stop", async () => {
    const id = newId();
    await tasks.start(id);
    const { exitCode, stdout } = await cancel(id, "--grace", "90s");
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`${id}  cancelling  asked `)]);
    expect(stdout).toContain("  not acknowledged  not ended  ");
    const { requestedAt, graceEndsAt } = (await tasks.get(id))?.cancellation ?? {};
    expect(Date.parse(graceEndsAt ?? "") - Date.parse(requestedAt ?? "")).toBe(90_000);
  });

  it("or waits until it has stopped", async () => {
    const id = newId();
    const run = tasks.run(id, ({ signal }) => {
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    });
    const [{ exitCode, stdout }] = await Promise.all([
      cancel(id, "--wait"),
      expect(run).rejects.toThrow("was cancelled"),
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      / cancelled {2}asked \S+ {2}delivered \+\S+ {2}acknowledged \+\S+ {2}ended \+/,
    );
  });

  it("answers 1 where the worker did not stop in time", async () => {
    const id = newId();
    await tasks.start(id);
    const { exitCode, stdout } = await cancel(id, "--wait=1s");
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining(`${id}  cancelling  `)]);
  });

  it("answers 1 for a task that had ended before, and 0 if that is all that was waited for", async () => {
    const id = newId();
    const { attempt } = await tasks.start(id);
    await tasks.finish(id, { attempt, status: "succeeded" });
    const stdout = `${id}  succeeded  not cancelled: it had ended before\n`;
    expect(await cancel(id)).toEqual({ exitCode: 1, stdout, stderr: "" });
    expect(await cancel(id, "--wait")).toEqual({ exitCode: 0, stdout, stderr: "" });
  });

  it("cancels many at once, each once, in a line each", async () => {
    const ids = Array.from({ length: 40 }, newId);
    const { exitCode, stdout } = await cancel(...ids, ...ids, "--json");
    expect(exitCode).toBe(0);
    const receipts: { id: string }[] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(receipts.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(receipts).toContainEqual(await tasks.get(ids[39] ?? ""));
  });

  it("hides none behind the failure of another", async () => {
    await using service = await fakeService();
    const [one, two, three] = [newId(), newId(), newId()];
    const asked = runCli(["cancel", one, two, three, "--url", service.url]);
    for (let requests = 0; requests < 3; requests++) {
      const exchange = await service.requests.next();
      const id = exchange.path.split("/").at(-2) ?? "";
      if (id === two) exchange.answer(403, "");
      else exchange.answer(200, await tasks.cancel(id, { reason: "stop\u001b[2J" }));
    }
    const { exitCode, stdout, stderr } = await asked;
    expect(exitCode).toBe(77);
    expect(stdout).toMatch(new RegExp(`^(${one}|${three}) .*stop \\[2J\n(${one}|${three}) .*\n$`));
    expect(stderr).toMatch(new RegExp(`^edge-canceler: ${two}: refused \\(403\\): [^\n]*\n$`));
  });

  it.each([
    [[], "name a task: edge-canceler cancel job-1"],
    [["good", "b/d"], '"b/d" is not a valid task id: an id is '],
    [["good", "--wait", "10s"], "write --wait=10s: "],
    [["good", "--wait=soon"], '--wait must be a duration like 90s, 5m, 2h30m or 1d, not "soon"'],
    [["good", "--grace", "30"], '--grace must be a duration like 90s, 5m, 2h30m or 1d, not "30"'],
  ])("sends nothing if something is wrong: %j", async (args, words) => {
    await using service = await fakeService();
    const { exitCode, stdout, stderr } = await runCli(["cancel", ...args, "--url", service.url]);
    expect([exitCode, stdout, stderr.split("\n").length]).toEqual([2, "", 2]);
    expect(stderr).toContain(words);
    expect(service.requests.left).toBe(0);
  });
});
