import { exports } from "cloudflare:workers";

interface CallOptions {
  /** Sent as the JSON body. */
  readonly json?: unknown;
  /** Sent as the body as it is. */
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A request to the running Worker, as a client would send it. */
export function call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
  const { json, body = JSON.stringify(json), ...rest } = options;
  return exports.default.fetch(`https://cancel.test${path}`, {
    method,
    ...(body !== undefined && { body }),
    ...rest,
  });
}
