import type { TaskState } from "../../../worker-client/protocol.ts";

/** What may stand between a client and the service, and answer in its place. */
export function impostors(task: TaskState): [string, ...string[]] {
  const cancellation = {
    cause: "request",
    reason: "an impostor's",
    requestedBy: null,
    requestedAt: task.createdAt,
    deliveredAt: null,
    acknowledgedAt: null,
    graceEndsAt: null,
  };
  const stranger = JSON.stringify({ ...task, id: "another", revision: 9, cancellation });
  return [
    answer("500 Internal Server Error", "text/plain", "something broke"),
    answer("502 Bad Gateway", "text/html", "<h1>Bad gateway</h1>"),
    answer("403 Forbidden", "text/html", "<h1>Pay first</h1>"),
    answer("404 Not Found", "text/html", "<h1>Nothing here</h1>"),
    answer("410 Gone", "text/html", "<h1>Nothing here any more</h1>"),
    answer("200 OK", "text/html", "<h1>Welcome to the hotel's network</h1>"),
    answer("200 OK", "application/json", "{}"),
    answer("200 OK", "application/json", JSON.stringify({ cancelled: true, cancellation })),
    answer("200 OK", "application/json", stranger),
    answer("200 OK", "application/json", stranger.slice(0, 100)),
    answer("304 Not Modified", "application/json", ""),
    answer("101 Switching Protocols", "text/plain", ""),
    "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{",
    "SSH-2.0-OpenSSH_9.9\r\n",
    "",
  ];
}

function answer(status: string, type: string, body: string): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`;
}
