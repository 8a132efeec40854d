import type { Cancellation } from "../../index.ts";

/** Why `exec` stops its command. */
export type StopReason =
  | {
      readonly kind: "cancelled";
      readonly cancellation: Cancellation;
      /** Whether the task counts as stopped already: it was heard of too late. */
      readonly isOver: boolean;
    }
  /** Another holder has started the task. */
  | { readonly kind: "fenced"; readonly attempt: number }
  /** The task has ended and was forgotten. */
  | { readonly kind: "gone" }
  /** `--on-unreachable abort-after` was asked for. */
  | { readonly kind: "unreachable"; readonly seconds: number }
  /** The deadline has passed, and the service did not say so. */
  | { readonly kind: "deadline"; readonly seconds: number };
