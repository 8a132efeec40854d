import type { TaskClient } from "edge-canceler";
import type { SuiteOptions } from "./suite-options.ts";

/** What a case is handed. */
export interface Context extends SuiteOptions {
  /** The id of a task that no other case knows. */
  readonly id: string;
  /** The client under test; its watches take the transport under test. */
  readonly tasks: TaskClient;
}
