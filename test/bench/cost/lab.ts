/** What the measurements of one run have in common. */
export interface Lab {
  /** The path of each bundle. */
  readonly bundles: { readonly service: string; readonly naive: string };
  /** Where every measurement may keep its service's state. */
  readonly folder: string;
  /** How many tasks are watched in each mode. */
  readonly tasks: number;
  /** From the last watch's opening to the first count at least: idle objects are gone after 10 s. */
  readonly settleSeconds: number;
  /** A window is a whole number of a mode's own periods, and at least so long. */
  readonly windowSeconds: number;
  /** How many WebSocket messages were sent to a service by now. */
  readonly socketMessagesTo: (url: string) => number;
  /** Ends it all. */
  readonly signal: AbortSignal;
}
