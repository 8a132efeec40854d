import type { TaskPage, TaskSummary } from "../../worker-client/protocol-directory.ts";

/** A page of the list, as it was last read. */
export interface ListedPage {
  /** The cursor of this page, or null if it starts at the newest task. */
  readonly from: string | null;
  /** The cursor of the next page, or null if this is the last one. */
  readonly to: string | null;
  readonly tasks: readonly TaskSummary[];
}

/**
 * Puts a page that was just read in its place. New tasks appear at the top, and tasks that no longer
 * match the filter leave from anywhere, so a page may now end earlier or later than before. Tasks that
 * no longer fit move to the next page, and tasks that are now on this page leave the later ones: none is
 * lost or listed twice, and no other page has to be read.
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

/** Puts a newer state of a task into the list. */
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

/** Returns the newer state. The directory may lag behind the response to a command. */
function newer(known: TaskSummary | undefined, read: TaskSummary): TaskSummary {
  if (known === undefined || known.createdAt !== read.createdAt) return read;
  return known.revision > read.revision ? known : read;
}

/** Sorts the newest task first. */
export function compareTasks(one: TaskSummary, other: TaskSummary): number {
  if (one.createdAt !== other.createdAt) return one.createdAt > other.createdAt ? -1 : 1;
  return one.id === other.id ? 0 : one.id > other.id ? -1 : 1;
}

/** The pages that contain these rows, and always the first, where new tasks appear. */
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
