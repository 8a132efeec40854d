import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { hasTerminal, onTerminal, runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `status-${crypto.randomUUID()}`;

/** The cells of a table, without the times that pass while a test runs. */
function cellsOf(table: string): string[][] {
  const lines = table.trimEnd().split("\n");
  return lines.map((line) => line.replaceAll(/\b\d[\d.]*m?s\b/g, "TIME").split(/ {2,}/));
}

describe("edge-canceler status", () => {
  it("shows one task in a line", async () => {
    const id = newId();
    await tasks.declare(id, { timeoutSeconds: 60 });
    await tasks.start(id);
    const { exitCode, stdout } = await runCli(["status", id, "--url", url]);
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(`^${id}  running  attempt 1  started \\S+Z  deadline \\S+Z\n$`),
    ]);
  });

  it("shows several in a table, in the order in which they were named, each once", async () => {
    const [first, second, third] = [newId(), `${newId()}-which-is-long`, newId()];
    await tasks.declare(first, { timeoutSeconds: 7200 });
    await tasks.start(first);
    await tasks.declare(second);
    const { exitCode, stdout, stderr } = await runCli([
      "status",
      first,
      second,
      first,
      third,
      "--url",
      url,
    ]);
    expect([exitCode, stderr]).toEqual([1, ""]);
    expect(cellsOf(stdout)).toEqual([
      ["TASK", "STATUS", "ATTEMPT", "RAN", "ENDED", "DETAILS"],
      [first, "running", "1", "TIME", "-", "deadline in 1h59m"],
      [second, "pending", "-", "-", "-", "declared TIME ago"],
      [third, "unknown", "-", "-", "-", "-"],
    ]);
    const [titles = "", ...rows] = stdout.trimEnd().split("\n");
    for (const title of ["STATUS", "ATTEMPT", "RAN", "ENDED", "DETAILS"]) {
      const at = titles.indexOf(title);
      for (const row of rows) expect(row.slice(at - 2, at + 1)).toMatch(/^ {2}\S$/);
    }
  });

  it("tells a task that was acknowledged from one that was not", async () => {
    const ids = [newId(), newId(), newId()];
    const [acknowledged = "", unacknowledged = "", finished = ""] = ids;
    for (const id of ids) {
      await tasks.start(id);
      await tasks.cancel(id, { gracePeriodSeconds: id === unacknowledged ? 1 : 60 });
    }
    await tasks.finish(acknowledged, { attempt: 1, status: "cancelled" });
    await tasks.finish(finished, { attempt: 1, status: "succeeded" });
    await tasks.cancel(unacknowledged, { waitSeconds: 20 });
    const table = (await runCli(["status", ...ids, "--url", url])).stdout;
    const lines = await Promise.all(
      ids.map(async (id) => (await runCli(["status", id, "--url", url])).stdout),
    );
    expect(table).toMatch(/acknowledged after \S+\n.* never acknowledged\n.* ended by itself\n$/);
    expect(lines).toEqual([
      expect.stringMatching(/ {2}acknowledged \+\S+ {2}ended \+\S+\n$/),
      expect.stringMatching(/ {2}never acknowledged {2}ended \+\S+\n$/),
      expect.stringMatching(/ {2}ended \+\S+ by itself\n$/),
    ]);
  });

  it.runIf(hasTerminal)("is coloured on a terminal, and plain with NO_COLOR", async () => {
    const [id, other] = [newId(), newId()];
    await tasks.start(id);
    for (const [environment, status] of [
      [{ TERM: "xterm" }, "\u001b[36mrunning\u001b[39m"],
      [{ TERM: "xterm", NO_COLOR: "1" }, "running"],
      [{ TERM: "dumb" }, "running"],
    ] as const) {
      await using cli = onTerminal(["status", id, other, "--url", url], environment);
      expect(await cli.exitCode()).toBe(1);
      expect(cli.stdout).toContain(`${id}  ${status}  1 `);
    }
  });

  it("says nothing beside it, however many tasks there are", async () => {
    const ids = Array.from({ length: 20 }, newId);
    const { stdout, stderr } = await runCli(["status", ...ids, "--url", url]);
    expect([stdout.split("\n").length, stderr]).toEqual([22, ""]);
  });

  it("says of a task that nobody knows just that, for machines too", async () => {
    const id = newId();
    const { exitCode, stdout } = await runCli(["status", id, "--json", "--url", url]);
    expect([exitCode, JSON.parse(stdout)]).toEqual([1, { id, status: "unknown" }]);
  });

  it("shows the others where one is refused", async () => {
    await using service = await fakeService();
    const [good, bad] = [newId(), newId()];
    const task = await tasks.declare(good);
    const asked = runCli(["status", bad, good, "--url", service.url]);
    for (let requests = 0; requests < 2; requests++) {
      const exchange = await service.requests.next();
      if (exchange.path.endsWith(good)) exchange.answer(200, task);
      else exchange.answer(403, "");
    }
    expect(await asked).toEqual({
      exitCode: 77,
      stdout: expect.stringMatching(`^TASK .*\n${good}  pending  [^\n]*\n$`),
      stderr: expect.stringMatching(`^edge-canceler: ${bad}: refused [^\n]* 403: [^\n]*\n$`),
    });
  });
});
