import { randomBytes } from "node:crypto";
import { type Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import type { AnyRequest } from "../service/arbitrary-request.ts";

const HANDSHAKE = {
  Connection: "Upgrade",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
};

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends a request as it is, over a real socket; a WebSocket that opens is left at once. */
export function sendAny(url: string, agent: Agent, any: AnyRequest): Promise<Answer> {
  const { method, headers, body } = any;
  // What does not begin with a slash is no HTTP, and never gets to the Worker.
  const path = any.path.replace(/^(?!\/)/, "/");
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const all = {
      ...headers,
      ...("Upgrade" in headers && HANDSHAKE),
      // Node does not say how long the body of a DELETE is, and would run it into the next request.
      ...(body && { "Content-Length": Buffer.byteLength(body) }),
    };
    const sent = request({ hostname, port, agent, method, path, headers: all }, (answer) => {
      // An event stream goes on for ever.
      if (answer.headers["content-type"] === "text/event-stream") {
        answer.destroy();
        resolve({ status: answer.statusCode ?? 0, text: "" });
        return;
      }
      const status = answer.statusCode ?? 0;
      text(answer).then((received) => resolve({ status, text: received }), reject);
    });
    sent.on("upgrade", (_, socket) => {
      socket.destroy();
      resolve({ status: 101, text: "" });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
