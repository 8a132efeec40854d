import { DECLARED_WITHIN_MS, lastAdoptedAtMs, withDoubt } from "./doubt.ts";
import type { StartEvent, TaskCommand } from "./events.ts";
import { ALIVE, type ChildRow, type Family, parentOf, withRow } from "./family.ts";
import { transition } from "./lifecycle.ts";
import { newTask, type Task } from "./task.ts";
import { cancelOf, type ParentCancel } from "./telling.ts";

/** How many ancestors a task may have. */
export const MAX_ANCESTORS = 32;
/** How many unfinished children a task may have. */
export const MAX_LIVING_CHILDREN = 10_000;

/** A request to adopt a child, which does not exist yet. */
export interface AdoptRequest {
  readonly child: string;
  /** Whether the child keeps running when its parent is cancelled. */
  readonly staysOn: boolean;
  /** Undefined if the child is not to be started, but declared. */
  readonly start?: Start | undefined;
}

/** The part of a start that decides whether it is refused. */
export type Start = Pick<StartEvent, "holder" | "takeOver">;

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
  /** An unknown parent passes over a child that does not need it. It names itself as the ancestor. */
  | {
      readonly kind: "passed";
      readonly ancestors: readonly string[];
      readonly cancel: null;
      readonly atMs: null;
    }
  /** `unknown`: the caller's token does not cover the parent. */
  | { readonly kind: "refused"; readonly refusal: "unknown" | "cycle" | "full" };

/**
 * Whether an unknown parent must be created for a task: one that is unknown too, or that is its child
 * and begins to run. Known tasks ignore a declaration (`start` is undefined), and refuse some starts.
 */
export function needsParent(
  task: Task | null,
  parent: string,
  start: Start | undefined,
  nowMs: number,
): boolean {
  if (task === null) return true;
  if (parentOf(task) !== parent || start === undefined) return false;
  return transition(task, { type: "start", ...start }, nowMs).kind === "changed";
}

/** Whether a command would start a task that did not need its parent when that passed it over. */
export function isPassedTooEarly(task: Task, command: TaskCommand, nowMs: number): boolean {
  if (command.type !== "start" || command.adoptedAtMs !== null) return false;
  const [parent] = command.ancestors ?? [];
  return parent !== undefined && needsParent(task, parent, command, nowMs);
}

/** A parent that nobody has declared, as a declaration without settings would create it. */
export function undeclaredParent(nowMs: number): Task {
  const task = newTask(nowMs);
  return { ...task, revision: task.revision + 1 };
}

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
