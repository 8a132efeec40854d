/** Where the service is, and how to reach it. */
export interface TaskClientOptions {
  /** The service's address, such as `https://cancel.example.com`. A path in it is kept. */
  readonly url: string | URL;
  /** Sent as a bearer token with every request. Default: none. */
  readonly token?: string | undefined;
  /**
   * Used in place of the global `fetch`, for example a Worker's service binding. Watches then are
   * long polls through it. Default: the global one, with WebSockets for watches where there are any.
   */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<FetchedResponse>) | undefined;
}

/** What is used of a `Response`. */
interface FetchedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}
