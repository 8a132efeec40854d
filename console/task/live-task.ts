import type { TaskState } from "../../worker-client/protocol.ts";
import { eventsOf } from "../service/event-stream.ts";
import { line, Retry, untilVisible, wait, whileVisible } from "../service/line.ts";
import { ask, asServiceError, request, type ServiceError, taskPath } from "../service/service.ts";
import { Store } from "../ui/store.ts";

/** What is known of the task on the screen. */
export type TaskView =
  | { readonly kind: "loading" }
  | { readonly kind: "known"; readonly task: TaskState }
  /** Nobody has declared it, it was forgotten, or the token does not name it: they look the same. */
  | { readonly kind: "unknown" }
  /** It cannot be shown, and `task` is what was known before. */
  | { readonly kind: "failed"; readonly error: ServiceError };

const OBSERVE = "observe=true";
const UNKNOWN_AGAIN_MS = 5000;
const STOPPING_AGAIN_MS = 1000;
const LIVING_AGAIN_MS = 5000;

/**
 * Follows one task for as long as somebody looks at it: it asks first, then listens, and asks again
 * after whatever cut the line.
 */
export class LiveTask {
  readonly view = new Store<TaskView>({ kind: "loading" });
  readonly #id: string;
  readonly #end = new AbortController();
  readonly #retry = new Retry();

  constructor(id: string) {
    this.#id = id;
    line.set("connecting");
    this.#follow().catch(() => {
      // It was stopped.
    });
  }

  stop(): void {
    this.#end.abort();
  }

  /** Takes in a state from another answer, of a cancel for example, unless a newer one is known. */
  put(task: TaskState): void {
    const view = this.view.value;
    if (view.kind !== "known" || view.task.createdAt !== task.createdAt) {
      this.view.set({ kind: "known", task });
    } else if (task.revision >= view.task.revision) {
      // Streams and commands leave the input out.
      const { input } = view.task;
      this.view.set({ kind: "known", task: input === undefined ? task : { input, ...task } });
    }
  }

  async #follow(): Promise<void> {
    const { signal } = this.#end;
    while (true) {
      await untilVisible(signal);
      const visible = whileVisible(signal);
      try {
        await this.#listen(visible);
        this.#retry.reset();
      } catch (thrown) {
        signal.throwIfAborted();
        if (visible.aborted) continue;
        await this.#fail(asServiceError(thrown), signal);
      }
    }
  }

  /** Returns when the service has ended the line in order; then it is time to ask again. */
  async #listen(signal: AbortSignal): Promise<void> {
    const task = await this.#read(signal);
    if (task !== null && task.endedAt !== null) return this.#awaitChange(task.revision, signal);
    const query = task === null ? OBSERVE : `${OBSERVE}&revision=${task.revision}`;
    const stream = new AbortController();
    const asking = this.#askAgain(AbortSignal.any([signal, stream.signal]));
    try {
      const response = await request(taskPath(this.#id, `?${query}`), {
        headers: { Accept: "text/event-stream" },
        signal,
        withinMs: null,
      });
      line.set("live");
      this.#retry.reset();
      for await (const { data } of eventsOf(response)) {
        const state: TaskState = JSON.parse(data);
        this.put(state);
      }
    } finally {
      stream.abort();
      await asking;
    }
  }

  async #read(signal: AbortSignal): Promise<TaskState | null> {
    try {
      const task = await ask<TaskState>(taskPath(this.#id), { signal });
      this.put(task);
      return task;
    } catch (thrown) {
      const error = asServiceError(thrown);
      if (error.problem !== "task-unknown") throw thrown;
      this.view.set({ kind: "unknown" });
      return null;
    }
  }

  /** An ended task can still change: it is tried again, or its worker's word comes late. */
  async #awaitChange(revision: number, signal: AbortSignal): Promise<void> {
    line.set("live");
    const query = `?${OBSERVE}&wait=50&revision=${revision}`;
    await request(taskPath(this.#id, query), { signal, withinMs: 70_000 });
  }

  /** Some things are no change, so nobody is told: a delivery, a sign of life, how many watch. */
  async #askAgain(signal: AbortSignal): Promise<void> {
    try {
      while (true) {
        const { value } = this.view;
        const isStopping = value.kind === "known" && value.task.status === "cancelling";
        await wait(isStopping ? STOPPING_AGAIN_MS : LIVING_AGAIN_MS, signal);
        if (this.view.value.kind === "known") await this.#read(signal);
      }
    } catch {
      // The stream has ended, or will say what is wrong.
    }
  }

  async #fail(error: ServiceError, signal: AbortSignal): Promise<void> {
    if (error.problem === "task-unknown" || error.problem === "task-gone") {
      this.view.set({ kind: "unknown" });
      line.set("live");
      await wait(UNKNOWN_AGAIN_MS, signal);
      return;
    }
    if (error.isPassing && this.view.value.kind !== "loading") {
      line.set("waiting");
      await this.#retry.pause(signal);
      return;
    }
    this.view.set({ kind: "failed", error });
    line.set(error.isPassing ? "waiting" : "refused");
    if (!error.isPassing) this.stop();
    await this.#retry.pause(signal);
  }
}
