import { once } from "node:events";
import { describe, expect, inject, it } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { TaskClient } from "../../worker-client/index.ts";

/** A close takes milliseconds, however many on a busy machine, and where nobody ends the connection ten seconds. */
const IN_TIME_MS = 7000;

interface Foreign {
  readonly closed: Promise<number>;
  send(text: string): void;
}

async function openBuiltIn(url: string): Promise<Foreign> {
  const socket = new WebSocket(url);
  const closed = once(socket, "close").then(([{ code }]) => code);
  await once(socket, "open");
  return { closed, send: (text) => socket.send(text) };
}

async function openWs(url: string): Promise<Foreign> {
  const socket = new NodeSocket(url);
  const closed = once(socket, "close").then(([code]) => code);
  await once(socket, "open");
  return { closed, send: (text) => socket.send(text) };
}

describe.each([
  ["the built-in WebSocket", openBuiltIn],
  ["ws", openWs],
])("%s hears of a close that the service begins when it happens", (name, open) => {
  const tasks = new TaskClient({ url: inject("serviceUrl") });
  const id = `close-${name.replaceAll(" ", "-")}`;
  const url = (suffix: string) =>
    `${inject("serviceUrl").replace("http", "ws")}/v1/tasks/${id}-${suffix}`;

  it("when the task ends", async () => {
    const { attempt } = await tasks.start(`${id}-end`);
    const socket = await open(url("end"));
    await tasks.finish(`${id}-end`, { attempt, status: "succeeded" });
    const endedAtMs = performance.now();
    expect(await socket.closed).toBe(1000);
    expect(performance.now() - endedAtMs).toBeLessThan(IN_TIME_MS);
  });

  it("when it said what it should not", async () => {
    const socket = await open(url("word"));
    const saidAtMs = performance.now();
    socket.send("cancel");
    expect(await socket.closed).toBe(1003);
    expect(performance.now() - saidAtMs).toBeLessThan(IN_TIME_MS);
  });
});
