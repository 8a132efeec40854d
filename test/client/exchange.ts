import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** A request, and whatever answer a test likes to give. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
  }

  get method(): string {
    return this.request.method ?? "";
  }

  /** The path, without what follows the question mark. */
  get path(): string {
    return this.#url.pathname;
  }

  get query(): URLSearchParams {
    return this.#url.searchParams;
  }

  /** What was sent, as JSON. */
  async body(): Promise<unknown> {
    return JSON.parse(await text(this.request));
  }

  /** Answers with JSON, or with a text as it is. */
  answer(status: number, body: object | string, headers: Record<string, string> = {}): void {
    const isText = typeof body === "string";
    this.response.writeHead(status, {
      "Content-Type": isText ? "text/html" : "application/json",
      ...headers,
    });
    this.response.end(isText ? body : JSON.stringify(body));
  }

  /** Answers nothing: the connection is reset. */
  reset(): void {
    this.request.socket.resetAndDestroy();
  }

  get #url(): URL {
    return new URL(this.request.url ?? "", "http://fake.invalid");
  }
}
