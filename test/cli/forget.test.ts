import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { runCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `forget-${crypto.randomUUID()}`;
const forget = (...args: string[]) => runCli(["forget", ...args, "--url", url]);

describe("edge-canceler forget", () => {
  it("forgets ended tasks", async () => {
    const ids = [newId(), newId()];
    for (const id of ids) await tasks.cancel(id);
    const { exitCode, stdout } = await forget(...ids);
    expect([exitCode, stdout.trimEnd().split("\n").sort()]).toEqual([
      0,
      ids.map((id) => `${id}  forgotten`).sort(),
    ]);
    for (const id of ids) expect(await tasks.get(id)).toBeNull();
  });

  it("leaves a task alone that has not ended, and forgets the others", async () => {
    const [alive, ended] = [newId(), newId()];
    await tasks.start(alive);
    await tasks.cancel(ended);
    expect(await forget(alive, ended)).toEqual({
      exitCode: 77,
      stdout: `${ended}  forgotten\n`,
      stderr: expect.stringMatching(`^edge-canceler: ${alive}: refused \\(409\\): [^\n]*\n$`),
    });
    expect((await tasks.get(alive))?.status).toBe("running");
  });

  it("says so in JSON", async () => {
    const id = newId();
    await tasks.cancel(id);
    expect(JSON.parse((await forget(id, "--json")).stdout)).toEqual({ id, status: "unknown" });
  });
});
