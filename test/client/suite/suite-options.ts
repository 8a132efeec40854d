import type { Transport } from "./transport.ts";

/** What a runtime is told about the suite that it runs. */
export interface SuiteOptions {
  /** Where the service is. */
  readonly url: string;
  readonly transport: Transport;
}
