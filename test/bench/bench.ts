import type { BenchSize } from "./bench-size.ts";
import type { Side } from "./load/side.ts";

/** A Worker that is ready to be served. */
interface ReadyBundle {
  readonly bundle: string;
  readonly config: string;
  readonly vars?: Readonly<Record<string, string>>;
}

/** What every measurement needs. */
export interface Bench {
  readonly bundles: { readonly [side in Side]: ReadyBundle };
  readonly size: BenchSize;
  /** Where the services keep their state; it is gone when the bench ends. */
  readonly folder: string;
  /** Ends everything that was started. */
  readonly signal: AbortSignal;
  /** What the services logged: there should be nothing. */
  readonly log: string[];
  /** Tells the user where the measurement is. */
  readonly say: (text: string) => void;
}
