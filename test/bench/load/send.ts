import type { Client, Dispatcher } from "undici";

interface Sent {
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** The status of the right answer. */
  readonly status: number;
  /** Called for each piece of the answer, which is not kept otherwise. */
  readonly onData?: (chunk: Buffer) => void;
}

/**
 * Sends one request over one kept connection; resolves when the whole answer is there. It is the
 * lowest level that undici has, without compression: what the generator spends, it cannot load with.
 */
export function send(client: Client, request: Sent): Promise<void> {
  const { method, path, body = null, headers = {}, status, onData } = request;
  return new Promise((resolve, reject) => {
    const handler: Dispatcher.DispatchHandler = {
      // Without this one, undici takes the handler for one of an earlier version.
      onRequestStart() {},
      onResponseStart(_controller, got) {
        if (got !== status) reject(new Error(`${method} ${path} answered ${got}, not ${status}`));
      },
      onResponseData(_controller, chunk) {
        onData?.(chunk);
      },
      onResponseEnd() {
        resolve();
      },
      onResponseError(_controller, error) {
        reject(error);
      },
    };
    client.dispatch({ method, path, body, headers }, handler);
  });
}
