import { DECLARED_WITHIN_MS, lastAdoptedAtMs, withDoubt } from "./doubt.ts";
import { ALIVE, type ChildRow, type Family, withRow } from "./family.ts";
import { cancelOf, type ParentCancel } from "./telling.ts";

/** How many ancestors a task may have. */
const MAX_ANCESTORS = 32;
/** How many unfinished children a task may have. */
const MAX_LIVING_CHILDREN = 10_000;

/** A request to adopt a child, which does not exist yet. */
export interface AdoptRequest {
  readonly child: string;
  /** Whether the child keeps running when its parent is cancelled. */
  readonly staysOn: boolean;
  /** Whether it lives already, so that it cannot be refused because there are too many. */
  readonly lives?: boolean;
}

export type AdoptAnswer =
  | {
      readonly kind: "adopted";
      /** The child's ancestors: its parent first. */
      readonly ancestors: readonly string[];
      /** The parent's cancel, which the child is created with, or null if there is none. */
      readonly cancel: ParentCancel | null;
      /** When it was adopted, by the parent's clock. */
      readonly atMs: number;
    }
  | typeof PASSED
  /** `unknown`: the caller's token does not cover the parent. */
  | { readonly kind: "refused"; readonly refusal: "unknown" | "cycle" | "full" };

/**
 * The answer of an unknown parent to a known task. It is not created, since the command may change
 * nothing. If it lets a child of this parent run again, the child reports that, and is adopted then.
 */
export const PASSED = { kind: "passed", ancestors: [], cancel: null, atMs: null } as const;

interface Adoption {
  readonly answer: AdoptAnswer;
  /** What to store, or null if nothing changed. */
  readonly stored: { readonly family: Family; readonly row: ChildRow | null } | null;
}

/** The adopting parent in its current state. */
interface Adopter {
  readonly id: string;
  readonly ancestors: readonly string[];
  readonly family: Family;
}

/**
 * Adopts a child before it is created. A child that has ended may be created again, so it counts as
 * living until it reports otherwise. If the Worker dies before it creates the child, or before it
 * tells the parent that it could not, nobody else knows: the child is in doubt until it reports.
 */
export function adopt(
  { id, ancestors, family }: Adopter,
  row: ChildRow | null,
  { child, staysOn, lives }: AdoptRequest,
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
  if (family.living >= MAX_LIVING_CHILDREN && !lives) {
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
