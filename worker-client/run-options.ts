import type { CallOptions } from "./call-options.ts";
import type { WatchOptions } from "./watch-options.ts";

/** How a run behaves. Its `signal` stops the work as well; the task is then reported as failed. */
export interface RunOptions extends CallOptions, WatchOptions {}
