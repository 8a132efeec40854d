import { mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { projectFolder } from "../../scripts/folders.ts";
import { until } from "../../scripts/until.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { WatchedCli } from "../cli/harness.ts";
import { block } from "./pages.ts";

const eventSource = block("docs/http.md", "new EventSource");
const partySocket = block("docs/http.md", "partysocket/ws");
const python = block("docs/http.md", "import http.client");

/** A plain WebSocket, which somebody has to open again. */
const plainWebSocket = `
  import { WebSocket } from "ws";
  let revision = 0;
  let isOver = false;
  function watch() {
    const socket = new WebSocket(\`ws://127.0.0.1:8080/v1/tasks/job-3?revision=\${revision}\`);
    socket.on("error", () => {});
    socket.on("message", (data) => {
      const task = JSON.parse(data);
      revision = task.revision;
      isOver = task.endedAt !== null;
      console.log(task.status);
    });
    socket.on("close", () => isOver || setTimeout(watch, 100));
  }
  watch();
`;

const tasks = new TaskClient({ url: inject("serviceUrl") });
const folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-foreign-"));
await symlink(join(projectFolder, "node_modules"), join(folder.path, "node_modules"));
const lines: FaultyLine[] = [];
afterAll(async () => {
  for (const line of lines) line.close();
  await folder.remove();
});

async function openLine(): Promise<FaultyLine> {
  const line = await FaultyLine.open(inject("serviceUrl"));
  lines.push(line);
  return line;
}

type Runner = readonly [file: string, code: string];

const onNode = (code: string): Runner => [process.execPath, code];

const observers = {
  eventsource: onNode(eventSource),
  ws: onNode(plainWebSocket),
  // By itself it waits for up to five seconds before it connects again.
  partysocket: onNode(partySocket.replace("{ max", "{ minReconnectionDelay: 100, max")),
};

/** Runs a client over a line, for a task of this test's own. */
async function run([file, code]: Runner, id: string, line: FaultyLine): Promise<WatchedCli> {
  const script = join(folder.path, `${id}.mjs`);
  const { host } = new URL(line.url);
  await writeFile(script, code.replaceAll("127.0.0.1:8080", host).replaceAll("job-3", id));
  return new WatchedCli([file, script]);
}

function untilWatchedOver(line: FaultyLine, id: string, connections: number): Promise<void> {
  return until(`${id} is watched over connection ${connections}`, async () => {
    const task = await tasks.get(id);
    return line.accepted >= connections && (task?.watchers ?? 0) > 0;
  });
}

/** Cuts the line, and waits until the client watches again. */
async function cutOnce(line: FaultyLine, id: string): Promise<void> {
  const before = line.accepted;
  line.cut();
  line.restore();
  await untilWatchedOver(line, id, before + 1);
}

// An EventSource waits for three seconds before it connects again.
describe("a client that is not ours", () => {
  it.concurrent.each(Object.entries(observers))(
    "%s hears of a cancel and of the end through cuts, and of nothing twice",
    async (name, runner) => {
      const id = `${name}-${crypto.randomUUID()}`;
      const { attempt } = await tasks.start(id);
      const line = await openLine();
      await using client = await run(runner, id, line);
      await client.says("running");
      await cutOnce(line, id);
      await tasks.cancel(id);
      await client.says("cancelling");
      line.cut();
      await tasks.finish(id, { attempt, status: "cancelled" });
      line.restore();
      expect([await client.exitCode(), client.stdout, client.stderr]).toEqual([
        0,
        "running\ncancelling\ncancelled\n",
        "",
      ]);
    },
  );
});

describe("a connection that has died without a word", () => {
  it("is noticed by a partysocket that pings", async () => {
    const id = `mute-${crypto.randomUUID()}`;
    await tasks.declare(id);
    const line = await openLine();
    const impatient = onNode(partySocket.replace("20_000", "500"));
    await using client = await run(impatient, id, line);
    await client.says("pending");
    line.suffer({ kind: "half-open" });
    await tasks.cancel(id);
    await client.says("cancelled");
    // Node goes on waiting for the dead connection to close, and so does not exit here.
    expect(client.stdout).toBe("pending\ncancelled\n");
  });

  it("is noticed by the worker in Python", async () => {
    const id = `mute-${crypto.randomUUID()}`;
    const line = await openLine();
    const impatient = python.replace("wait=20", "wait=1").replace("timeout=30", "timeout=2");
    await using worker = await run(["python3", impatient], id, line);
    await worker.says("running");
    await untilWatchedOver(line, id, 2);
    line.suffer({ kind: "half-open" });
    await tasks.cancel(id);
    expect([await worker.exitCode(), worker.stdout]).toEqual([0, "running\nstopping\ncancelled\n"]);
  });
});

describe("a worker in Python", () => {
  it("starts, hears of a cancel through a cut, and reports its end", async () => {
    const id = `python-${crypto.randomUUID()}`;
    const line = await openLine();
    await using worker = await run(["python3", python], id, line);
    await worker.says("running");
    await untilWatchedOver(line, id, 2);
    await cutOnce(line, id);
    await tasks.cancel(id);
    expect([await worker.exitCode(), worker.stdout, worker.stderr]).toEqual([
      0,
      "running\nstopping\ncancelled\n",
      "",
    ]);
    const task = await tasks.get(id);
    expect(task?.cancellation?.acknowledgedAt).not.toBeNull();
    expect(task?.attempt).toBe(1);
  });

  it("ends when its work is done", async () => {
    const id = `python-${crypto.randomUUID()}`;
    const line = await openLine();
    const short = python.replace("range(600)", "range(2)");
    await using worker = await run(["python3", short], id, line);
    expect([await worker.exitCode(), worker.stdout]).toEqual([0, "running\nsucceeded\n"]);
    expect((await tasks.get(id))?.status).toBe("succeeded");
  });
});
