/**
 * Counts what this process sends over WebSockets, from now on; the answer tells how much it was to
 * a service. An object sleeps through a `ping`, so it can only be counted where it comes from.
 */
export function countSocketMessages(): (serviceUrl: string) => number {
  const counts = new Map<string, number>();
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const { host } = new URL(this.url);
    counts.set(host, (counts.get(host) ?? 0) + 1);
    send.call(this, data);
  };
  return (serviceUrl) => counts.get(new URL(serviceUrl).host) ?? 0;
}
