import type { TaskState } from "../../worker-client/protocol.ts";
import { keepFollowing, readStream } from "../service/follow.ts";
import { wait } from "../service/line.ts";
import { ask, asServiceError, request, type ServiceError, taskPath } from "../service/service.ts";
import { Store } from "../ui/store.ts";

/** The task on the screen, as far as the page knows it. */
type TaskView =
  | { readonly kind: "loading" }
  | { readonly kind: "known"; readonly task: TaskState }
  /** It was never declared, was forgotten, or is not covered by the token: these look the same. */
  | { readonly kind: "unknown" }
  | { readonly kind: "failed"; readonly error: ServiceError };

const OBSERVE = "observe=true";
const UNKNOWN_AGAIN_MS = 5000;
const STOPPING_AGAIN_MS = 1000;
const LIVING_AGAIN_MS = 5000;
const WAIT_SECONDS = 50;

/** Follows one task: reads it first, then streams its changes. */
export class LiveTask {
  readonly view = new Store<TaskView>({ kind: "loading" });
  readonly #id: string;
  readonly #end = new AbortController();

  constructor(id: string) {
    this.#id = id;
    keepFollowing({
      signal: this.#end.signal,
      listen: (signal, worked) => this.#listen(signal, worked),
      onFailure: (error) => this.#fail(error),
    });
  }

  stop(): void {
    this.#end.abort();
  }

  /** Shows a state, such as the response to a command, unless a newer one is known. */
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

  async #listen(signal: AbortSignal, worked: () => void): Promise<void> {
    const task = await this.#read(signal);
    if (task !== null && task.endedAt !== null) {
      worked();
      return this.#awaitChange(task.revision, signal);
    }
    const query = task === null ? OBSERVE : `${OBSERVE}&revision=${task.revision}`;
    const stream = new AbortController();
    const polling = this.#poll(AbortSignal.any([signal, stream.signal]));
    try {
      await readStream<TaskState>(taskPath(this.#id, `?${query}`), {
        signal,
        onOpen: worked,
        onState: (state) => this.put(state),
      });
    } catch (thrown) {
      // The task is unknown or not covered by the token; the connection is fine.
      if (task !== null || asServiceError(thrown).problem !== "task-unknown") throw thrown;
      worked();
      await wait(UNKNOWN_AGAIN_MS, signal);
    } finally {
      stream.abort();
      await polling;
    }
  }

  async #read(signal: AbortSignal): Promise<TaskState | null> {
    try {
      const task = await ask<TaskState>(taskPath(this.#id), { signal });
      this.put(task);
      return task;
    } catch (thrown) {
      if (asServiceError(thrown).problem !== "task-unknown") throw thrown;
      this.view.set({ kind: "unknown" });
      return null;
    }
  }

  /** Waits for a change of an ended task: a retry, or a late report from its worker. */
  async #awaitChange(revision: number, signal: AbortSignal): Promise<void> {
    const query = `?${OBSERVE}&wait=${WAIT_SECONDS}&revision=${revision}`;
    await request(taskPath(this.#id, query), { signal, withinMs: (WAIT_SECONDS + 20) * 1000 });
  }

  /** Polls for what the stream does not report: deliveries, signs of life, the number of watchers. */
  async #poll(signal: AbortSignal): Promise<void> {
    try {
      while (true) {
        const { value } = this.view;
        const isStopping = value.kind === "known" && value.task.status === "cancelling";
        await wait(isStopping ? STOPPING_AGAIN_MS : LIVING_AGAIN_MS, signal);
        if (this.view.value.kind === "known") await this.#read(signal);
      }
    } catch {
      // The stream has ended, or will report what is wrong.
    }
  }

  #fail(error: ServiceError): boolean {
    if (error.problem === "task-unknown" || error.problem === "task-gone") {
      this.view.set({ kind: "unknown" });
      return true;
    }
    // The last known state stays on the screen while the connection is down.
    if (!error.isPassing || this.view.value.kind !== "known") {
      this.view.set({ kind: "failed", error });
    }
    return error.isPassing;
  }
}
