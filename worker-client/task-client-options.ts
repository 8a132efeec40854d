/** Where the service is, and how to reach it. */
export interface TaskClientOptions {
  /** The service's address, such as `https://cancel.example.com`. A path in it is kept. */
  readonly url: string | URL;
  /**
   * Sent as a bearer token with every request. Default: none.
   *
   * A function is asked when the first request needs a token, and its answer is kept until the
   * service takes it no more; then it is asked again. If it throws, that is as if the service could
   * not be reached: it is asked again later. An answer that is no printable ASCII is a `TypeError`.
   *
   * @example
   * ```ts
   * // A job of GitHub Actions with `permissions: id-token: write` proves by this who it is.
   * const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = process.env;
   * async function token(): Promise<string> {
   *   const headers = { Authorization: `Bearer ${secret}` };
   *   const answer = await fetch(`${url}&audience=https://cancel.example.com`, { headers });
   *   return (await answer.json()).value;
   * }
   * const tasks = new TaskClient({ url: "https://cancel.example.com", token });
   * ```
   */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /**
   * Used in place of the global `fetch`, for example a Worker's service binding. Watches then are
   * long polls through it. Default: the global one, with WebSockets for watches where there are any.
   */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}
