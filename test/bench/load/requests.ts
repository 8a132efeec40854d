import { Client, type Dispatcher } from "undici";

/** One kind of request, for any task. */
export interface Ask {
  readonly method: "GET" | "PUT" | "POST";
  readonly path: (id: string) => string;
  readonly body?: string;
  /** The status of the right answer; any other ends the measurement. */
  readonly status: number;
}

/** Asks one thing of one task. All that can be asked is safe to repeat. */
export function askClient(client: Client, { method, path, body, status }: Ask, id: string) {
  return sendSafe(client, { method, path: path(id), body, status });
}

interface SentRequest {
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
export function send(client: Client, request: SentRequest): Promise<void> {
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

/** For what is safe to repeat: workerd may close a connection while a request is on its way. */
export function sendSafe(client: Client, request: SentRequest): Promise<void> {
  return send(client, request).catch(() => send(client, request));
}

/** A connection that stands, so that nothing of its making is measured. Either side answers /ping. */
export async function connectedClient(serviceUrl: string): Promise<Client> {
  const client = keepAliveClient(serviceUrl);
  await send(client, { method: "GET", path: "/ping", status: 200 });
  return client;
}

/** One connection, kept for as long as it takes. */
export function keepAliveClient(serviceUrl: string): Client {
  return new Client(serviceUrl, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
}
