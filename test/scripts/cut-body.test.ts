import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";

const url = inject("serviceUrl");

it.each([
  ["shorter than it says", "Content-Length: 50\r\n\r\n{}"],
  ["cut off within a chunk", "Transfer-Encoding: chunked\r\n\r\n50\r\n{}"],
  ["in chunks that are none", "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"],
])("a body that is %s is refused, and changes nothing", async (_, rest) => {
  const id = `cut-${crypto.randomUUID()}`;
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.end(`POST /v1/tasks/${id}/cancel HTTP/1.1\r\nHost: ${hostname}\r\n${rest}`);
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).toContain("The body is cut off or malformed: send all of it.");
  expect(await new TaskClient({ url }).get(id)).toBeNull();
});
