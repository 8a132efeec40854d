type Watched = "socket" | "poll" | "events" | "client";

export type FigureKey =
  | `read.${"rate" | "p50" | "p99"}`
  | `${"cancel" | "armed" | "again"}.rate`
  | `told.${Watched}.${"p50" | "p99"}`
  | `told.${"written" | "armed"}.p50`
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
