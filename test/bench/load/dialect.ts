import type { Ask } from "./ask.ts";
import type { AskName, WatchName } from "./job.ts";
import type { OpenWatcher } from "./watcher.ts";

/** How a side is spoken to, so that the same load can be put on both. */
export interface Dialect {
  readonly asks: { readonly [name in AskName]: Ask };
  readonly watches: { readonly [name in WatchName]: OpenWatcher };
}
