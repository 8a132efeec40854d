import type { Load } from "./load/load.ts";

/** A way to watch tasks, whose cost is measured. */
export interface Mode {
  readonly name: string;
  readonly build: "service" | "naive";
  /** Everything that such a watch does happens once in so many seconds, or not at all. */
  readonly periodSeconds: number;
  /** The deadline of the watched tasks; null: they have none. */
  readonly timeoutSeconds: number | null;
  /** Keeps a watch up for every task until the load's signal aborts; rejects if one fails. */
  readonly watch: (load: Load) => Promise<void>;
  /** At most so many dollars per million watched task-hours are aimed at; null: no matter. */
  readonly targetDollars: number | null;
  /** The watched object is to be asleep, and not billed for a second. */
  readonly hasToSleep?: boolean;
}
