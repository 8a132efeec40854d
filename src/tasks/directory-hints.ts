import type { DirectoryStub } from "../directory/directory-stub.ts";
import { directoryShardOf } from "../durable/shards.ts";
import type { Env } from "../env.ts";
import type { Task } from "./task.ts";
import { hintOf } from "./task-hint.ts";

/** Changes that come so close together are told as one. */
const TOGETHER_MS = 100;

/**
 * Tells the directory how a task is. Nobody waits for it, and what gets lost is not told again: the
 * directory asks the task itself when what it knows is old.
 */
export class DirectoryHints {
  readonly #id: string;
  readonly #env: Env;
  readonly #keepAwake: (work: Promise<void>) => void;
  /** What has yet to be told; null: nothing. */
  #changed: Task | null = null;

  constructor(id: string, env: Env, keepAwake: (work: Promise<void>) => void) {
    this.#id = id;
    this.#env = env;
    this.#keepAwake = keepAwake;
  }

  /** The task has changed. */
  changed(task: Task): void {
    if (this.#env.DIRECTORY === "off") return;
    const isOnItsWay = this.#changed !== null;
    this.#changed = task;
    if (!isOnItsWay) this.#keepAwake(this.#tellSoon());
  }

  /** The task was forgotten before its retention was over. */
  forgotten({ createdAtMs, revision }: Task): void {
    if (this.#env.DIRECTORY === "off") return;
    this.#changed = null;
    const forgotten = { id: this.#id, createdAtMs, revision };
    this.#keepAwake(this.#tell((directory) => directory.remove(forgotten)));
  }

  async #tellSoon(): Promise<void> {
    await scheduler.wait(TOGETHER_MS);
    const task = this.#changed;
    this.#changed = null;
    if (task !== null) {
      await this.#tell((directory) => directory.note(hintOf(this.#id, task)));
    }
  }

  async #tell(tell: (directory: DirectoryStub) => Promise<void>): Promise<void> {
    try {
      await tell(this.#env.DIRECTORY_SHARDS.getByName(directoryShardOf(this.#id)));
    } catch {
      // Then its row is old, and whoever is shown it asks the task.
    }
  }
}
