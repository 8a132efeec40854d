import type { Answer } from "./answer.ts";

/** An answer as `fetch` hands it out: the body comes with its own chances. */
export class SimulatedResponse extends Response {
  override readonly text: () => Promise<string>;

  constructor({ status, retryAfterSeconds }: Answer, body: Promise<string>) {
    const headers = retryAfterSeconds ? { "Retry-After": String(retryAfterSeconds) } : undefined;
    super(null, headers ? { status, headers } : { status });
    this.text = () => body;
  }
}
