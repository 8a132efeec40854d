/**
 * Passes the far end of a parked socket on to a client, relayed by the Worker. When the object
 * closes a direct connection, workerd keeps it open until the object hibernates, ten seconds later.
 * A connection to the Worker ends at once.
 */
export function relayedSocket(far: WebSocket): WebSocket {
  const { 0: client, 1: near } = new WebSocketPair();
  far.addEventListener("message", ({ data }) => pass(data, near));
  near.addEventListener("message", ({ data }) => pass(data, far));
  far.addEventListener("close", ({ code, reason }) => {
    if (isSendable(code)) near.close(code, reason);
    else near.close(1012, "connect again");
  });
  near.addEventListener("close", ({ code, reason }) => {
    if (isSendable(code)) far.close(code, reason);
    else far.close(1001, "the client is gone");
  });
  far.accept();
  near.accept();
  return client;
}

function pass(data: string | ArrayBuffer, to: WebSocket): void {
  if (to.readyState === WebSocket.OPEN) to.send(data);
}

/** Whether a close code may be sent. The others only report that a connection ended without one. */
function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || code >= 3000;
}
