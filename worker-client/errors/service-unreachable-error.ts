interface Options extends ErrorOptions {
  readonly retryAfterSeconds?: number;
}

/**
 * No usable answer came: no connection, no answer in time, a 5xx, or something that is not from
 * the service at all. It says nothing about the task. Unreachable is not cancelled.
 */
export class ServiceUnreachableError extends Error {
  /** How long the service asked not to be asked again, in seconds; 0 if it did not say. */
  readonly retryAfterSeconds: number;

  constructor(message: string, options: Options = {}) {
    super(message, options);
    this.name = "ServiceUnreachableError";
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }
}
