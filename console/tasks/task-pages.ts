import type { TaskPage, TaskSummary } from "../../worker-client/protocol-directory.ts";

/** A part of the list, as it was last read. */
export interface ListedPage {
  /** What the service is asked with for this part; null: from the newest task. */
  readonly from: string | null;
  /** What it is asked with for the part behind it; null: this is the last one. */
  readonly to: string | null;
  readonly tasks: readonly TaskSummary[];
}

/**
 * Puts a page that was read again, or for the first time, in its place. Tasks are made at the top, and
 * leave the list where they are when they no longer pass its filter: so a page that is read again
 * reaches less or more far than before. What it no longer reaches goes to the page behind it, and what
 * it reaches now leaves that one: nothing is lost or there twice, and no other page is read for it.
 */
export function putPage(
  pages: readonly ListedPage[],
  index: number,
  { tasks, cursor }: TaskPage,
): readonly ListedPage[] {
  const before = pages.slice(0, index);
  const old = pages[index];
  const known = new Map((old?.tasks ?? []).map((task) => [task.id, task]));
  const page: ListedPage = {
    from: old?.from ?? before.at(-1)?.to ?? null,
    to: cursor,
    tasks: tasks.map((task) => newer(known.get(task.id), task)),
  };
  if (cursor === null) return [...before, page];
  const last = tasks.at(-1);
  const isBehind = (task: TaskSummary) => last === undefined || compareTasks(last, task) < 0;
  const left = (old?.tasks ?? []).filter(isBehind);
  const [next, ...others] = pages.slice(index + 1);
  if (next === undefined) {
    if (left.length === 0) return [...before, page];
    return [...before, page, { from: cursor, to: old?.to ?? null, tasks: left }];
  }
  const behind = [{ ...next, from: cursor, tasks: [...left, ...next.tasks] }, ...others];
  return [...before, page, ...behind.map((one) => without(one, isBehind))];
}

function without(page: ListedPage, isBehind: (task: TaskSummary) => boolean): ListedPage {
  const [first] = page.tasks;
  if (first === undefined || isBehind(first)) return page;
  return { ...page, tasks: page.tasks.filter(isBehind) };
}

/** Takes in a change that is known from elsewhere. */
export function patchTask(
  pages: readonly ListedPage[],
  changed: TaskSummary,
): readonly ListedPage[] {
  return pages.map((page) =>
    page.tasks.some(({ id }) => id === changed.id)
      ? {
          ...page,
          tasks: page.tasks.map((task) => (task.id === changed.id ? newer(changed, task) : task)),
        }
      : page,
  );
}

/** The directory may hear of a change a moment after the answer to a command. */
function newer(known: TaskSummary | undefined, read: TaskSummary): TaskSummary {
  if (known === undefined || known.createdAt !== read.createdAt) return read;
  return known.revision > read.revision ? known : read;
}

/** Negative if the first of two tasks comes first in the list: the newest does. */
export function compareTasks(one: TaskSummary, other: TaskSummary): number {
  if (one.createdAt !== other.createdAt) return one.createdAt > other.createdAt ? -1 : 1;
  return one.id === other.id ? 0 : one.id > other.id ? -1 : 1;
}

/** Which pages hold these rows of the whole list; the first one is always read, for new tasks. */
export function pagesOfRows(
  pages: readonly ListedPage[],
  { from, to }: { readonly from: number; readonly to: number },
): readonly number[] {
  const indices = new Set([0]);
  let row = 0;
  for (const [index, { tasks }] of pages.entries()) {
    if (row < to && row + tasks.length > from) indices.add(index);
    row += tasks.length;
  }
  return [...indices];
}
