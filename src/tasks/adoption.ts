import { DECLARED_WITHIN_MS, lastAdoptedAtMs, withDoubt } from "./doubt.ts";
import { ALIVE, type ChildRow, type Family, withRow } from "./family.ts";
import { cancelOf, type ParentCancel } from "./telling.ts";

/** A chain of tasks from the root to a child has at most this many links. */
export const MAX_ANCESTORS = 32;
/** How many children that have not ended one task may have. */
export const MAX_LIVING_CHILDREN = 10_000;

/** A child asks to be adopted before it exists. */
export interface AdoptRequest {
  readonly child: string;
  /** Whether it goes on when its parent is cancelled. */
  readonly staysOn: boolean;
}

export type AdoptAnswer =
  | {
      readonly kind: "adopted";
      /** The child's ancestors: its parent first. */
      readonly ancestors: readonly string[];
      /** Not null: the parent was cancelled, and so is the child. */
      readonly cancel: ParentCancel | null;
      /** By the parent's clock. */
      readonly atMs: number;
    }
  /** `unknown`: the caller's token does not reach the parent. */
  | { readonly kind: "refused"; readonly refusal: "unknown" | "cycle" | "full" };

interface Adoption {
  readonly answer: AdoptAnswer;
  /** Null: nothing is to be stored. */
  readonly stored: { readonly family: Family; readonly row: ChildRow | null } | null;
}

/** The parent of an adoption, as it is. */
interface Adopter {
  readonly id: string;
  readonly ancestors: readonly string[];
  readonly family: Family;
}

/**
 * Takes in a child, before it is made. A child that has ended may be made anew: it counts as living
 * until it says otherwise. Should its Worker die before it makes the child, or before it says that this
 * was not made, nobody else knows: so it is in doubt until it has been heard.
 */
export function adopt(
  { id, ancestors, family }: Adopter,
  row: ChildRow | null,
  { child, staysOn }: AdoptRequest,
  nowMs: number,
): Adoption {
  if (child === id || ancestors.includes(child) || ancestors.length >= MAX_ANCESTORS) {
    return { answer: { kind: "refused", refusal: "cycle" }, stored: null };
  }
  const cancel = family.latch && !staysOn ? cancelOf(family.latch, id) : null;
  const answer = { kind: "adopted", ancestors: [id, ...ancestors], cancel, atMs: nowMs } as const;
  if (row !== null && !row.hasEnded) {
    const isNoted = cancel !== null || nowMs < lastAdoptedAtMs(family, row) + DECLARED_WITHIN_MS;
    const noted = { family: { ...family, readoptedAtMs: nowMs }, row: null };
    return { answer, stored: isNoted ? null : noted };
  }
  if (family.living >= MAX_LIVING_CHILDREN) {
    return { answer: { kind: "refused", refusal: "full" }, stored: null };
  }
  const adoptedAtMs = Math.max(nowMs, family.lastAdoptedAtMs + 1);
  const adopted: ChildRow = {
    id: child,
    adoptedAtMs,
    staysOn,
    isTold: false,
    isDoubtful: true,
    reportedAt: row?.reportedAt ?? 0,
    hasEnded: false,
    counts: ALIVE,
  };
  const joined = withRow({ ...family, lastAdoptedAtMs: adoptedAtMs }, row, adopted);
  return { answer, stored: { family: withDoubt(joined, adopted, nowMs), row: adopted } };
}
