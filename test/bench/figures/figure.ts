type Watched = "socket" | "poll" | "events" | "client";

export type FigureKey =
  | `read.${"rate" | "p50" | "p99"}`
  | `${"cancel" | "again"}.rate`
  | `told.${Watched}.${"p50" | "p99"}`
  | "unwritten.p50"
  | `fan.${"last" | "answer" | "park"}`
  | `memory.${"socket" | "poll"}`
  | "cold.p50";

/** What is measured on both sides, and what is asked of the service. */
export interface Figure {
  readonly key: FigureKey;
  readonly name: string;
  readonly unit: "/s" | "ms" | "KiB";
  /** What the service's figure may be, as a multiple of the floor's; null: it is only shown. */
  readonly goal: { readonly atLeast: number } | { readonly atMost: number } | null;
}

/** One measurement of a figure on each side, one right after the other. */
export interface Sample {
  readonly figure: FigureKey;
  readonly floor: number;
  readonly product: number;
  /** Of one core, the share that the generator took: the larger of both sides'. 0 where it only waits. */
  readonly generatorShare: number;
}
