/** What comes back to a request. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds?: number;
  /** Whether the service itself has answered, and not only that it is busy: a sign of life. */
  readonly isSignOfLife: boolean;
}
