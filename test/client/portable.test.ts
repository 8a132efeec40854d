import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { bundleScript, lanes, RunningSuite } from "./runtimes.ts";
import { cases } from "./suite/run-suite.ts";

const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-suite-"));
const suites = new Map<string, string>();
for (const { suite } of lanes) suites.set(suite, await bundleScript(suite, folder.path));

afterAll(() => folder.remove());

describe.each(lanes)("the client on $runtime, by $transport", (lane) => {
  let running: RunningSuite;

  beforeAll(() => {
    running = new RunningSuite({
      lane,
      suite: suites.get(lane.suite) ?? "",
      serviceUrl: inject("serviceUrl"),
      folder: folder.path,
    });
    return () => running.stop();
  });

  it.each(Object.keys(cases))("%s", async (name) => {
    expect((await running.outcome(name)).failure).toBeNull();
  });

  it("leaves nothing running: the process ends by itself", async () => {
    expect(await running.ended).toBe("exit code 0");
  });
});
