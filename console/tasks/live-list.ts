import type { TaskState } from "../../worker-client/protocol.ts";
import type { TaskPage, TaskSummary } from "../../worker-client/protocol-directory.ts";
import { type Filter, parametersOf } from "../route.ts";
import { keepFollowing } from "../service/follow.ts";
import { wait } from "../service/line.ts";
import { ask, type ServiceError } from "../service/service.ts";
import { Store } from "../ui/store.ts";
import type { RowWindow } from "../ui/window.ts";
import { type ListedPage, pagesOfRows, patchTask, putPage } from "./task-pages.ts";

/** The list on the screen, as far as the page knows it. */
type ListView =
  | { readonly kind: "loading" }
  | {
      readonly kind: "known";
      readonly rows: readonly TaskSummary[];
      /** Whether these are all rows. */
      readonly isWhole: boolean;
    }
  | { readonly kind: "failed"; readonly error: ServiceError };

const AGAIN_MS = 2500;
const PAGE_TASKS = 100;
/** How many rows before the end the next page is read. */
const AHEAD_ROWS = 60;
const MOST_PAGES_AT_ONCE = 4;
const MOST_MORE_PAGES = 20;

/**
 * A list of tasks that stays up to date on the screen: the visible pages are polled every few seconds,
 * the others when they scroll into view. So it costs the same however long it is.
 */
export class LiveList {
  readonly view = new Store<ListView>({ kind: "loading" });
  readonly #filter: Filter;
  readonly #end = new AbortController();
  #pages: readonly ListedPage[] = [];
  #seen: RowWindow = { from: 0, to: 0 };
  #wake: () => void = () => {};

  constructor(filter: Filter) {
    this.#filter = filter;
    keepFollowing({
      signal: this.#end.signal,
      listen: (signal, worked) => this.#readAll(signal, worked),
      onFailure: (error) => {
        // The last known rows stay on the screen while the connection is down.
        if (!error.isPassing || this.view.value.kind !== "known") {
          this.view.set({ kind: "failed", error });
        }
        return error.isPassing;
      },
    });
  }

  stop(): void {
    this.#end.abort();
  }

  /** Call this with the rows on the screen when they change. */
  see(rows: RowWindow): void {
    const wasAhead = this.#isAhead();
    this.#seen = rows;
    if (wasAhead && !this.#isAhead()) this.#wake();
  }

  /** Shows the response to a command. */
  put(task: TaskState): void {
    this.#pages = patchTask(this.#pages, task);
    this.#show();
  }

  async #readAll(signal: AbortSignal, worked: () => void): Promise<void> {
    const known = pagesOfRows(this.#pages, this.#seen).slice(0, MOST_PAGES_AT_ONCE);
    for (const index of known) await this.#readPage(index, signal);
    // If few tasks match the filter, many pages can be empty.
    for (let asked = 0; asked < MOST_MORE_PAGES && !this.#isAhead(); asked++) {
      await this.#readPage(this.#pages.length, signal);
    }
    worked();
    const more = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const over = new AbortController();
    await Promise.race([wait(AGAIN_MS, AbortSignal.any([signal, over.signal])), more]).finally(() =>
      over.abort(),
    );
  }

  async #readPage(index: number, signal: AbortSignal): Promise<void> {
    const parameters = parametersOf(this.#filter);
    parameters.set("limit", String(PAGE_TASKS));
    const cursor = this.#pages[index]?.from ?? this.#pages[index - 1]?.to ?? null;
    if (cursor !== null) parameters.set("cursor", cursor);
    const page = await ask<TaskPage>(`/v1/tasks?${parameters}`, { signal });
    this.#pages = putPage(this.#pages, index, page);
    this.#show();
  }

  /** Whether enough rows beyond the screen are read, or there are no more. */
  #isAhead(): boolean {
    const last = this.#pages.at(-1);
    if (last === undefined) return false;
    const rows = this.#pages.reduce((sum, { tasks }) => sum + tasks.length, 0);
    return last.to === null || rows >= this.#seen.to + AHEAD_ROWS;
  }

  #show(): void {
    const rows = this.#pages.flatMap(({ tasks }) => tasks);
    this.view.set({ kind: "known", rows, isWhole: this.#pages.at(-1)?.to === null });
  }
}
