import type { DirectoryStub } from "../directory/directory-stub.ts";
import { directoryShardOf } from "../durable/shards.ts";
import type { Env } from "../env.ts";
import { isEnded, type Task } from "./task.ts";
import { changedAtMs, hintOf } from "./task-hint.ts";

/** Changes that come so close together are told as one. */
const TOGETHER_MS = 100;
/** Nothing follows an end, and each moment awake is billed. Those who wait for it are told first. */
const ENDED_MS = 10;
/** How long to wait before each try to reach the directory. */
const PAUSES_MS = [0, 1000, 5000, 30_000];
/** An object that sleeps has done nothing for 10 s: one that wakes sooner after a change was cut off. */
const CUT_OFF_WITHIN_MS = 15_000;

/**
 * Tells the directory how a task is. Nobody waits for it. That costs no write here, so an object that
 * was cut off does not know what the directory was told: it tells again when it wakes soon after a
 * change, or when a command is repeated.
 */
export class DirectoryHints {
  readonly #id: string;
  readonly #env: Env;
  readonly #keepAwake: (work: Promise<unknown>) => void;
  /** What has yet to be told; null: nothing. */
  #changed: Task | null = null;
  /** The last one that was to be told; null: it was forgotten. */
  #newest: Task | null = null;
  /** The revision that the directory has taken, as far as this object has lived to know. */
  #toldRevision = 0;

  constructor(id: string, env: Env, keepAwake: (work: Promise<unknown>) => void) {
    this.#id = id;
    this.#env = env;
    this.#keepAwake = keepAwake;
  }

  /** The object has woken up, with this task on disk. */
  woke(task: Task, nowMs: number): void {
    if (nowMs - changedAtMs(task) < CUT_OFF_WITHIN_MS) this.tell(task);
  }

  /** Tells how the task is now, unless the directory knows. */
  tell(task: Task): void {
    if (this.#env.DIRECTORY === "off" || task.revision === this.#toldRevision) return;
    const isOnItsWay = this.#changed !== null;
    this.#changed = task;
    this.#newest = task;
    if (!isOnItsWay) this.#keepAwake(this.#tellAfter(isEnded(task) ? ENDED_MS : TOGETHER_MS));
  }

  /** The task was forgotten before its retention was over. */
  forgotten({ createdAtMs, revision }: Task): void {
    if (this.#env.DIRECTORY === "off") return;
    this.#changed = null;
    this.#newest = null;
    const forgotten = { id: this.#id, createdAtMs, revision };
    this.#keepAwake(this.#reach((directory) => directory.remove(forgotten)));
  }

  async #tellAfter(pauseMs: number): Promise<void> {
    await scheduler.wait(pauseMs);
    const task = this.#changed;
    this.#changed = null;
    if (task !== null) await this.#tellOf(task);
  }

  /** Tells it, and again if that fails, as long as there is nothing newer to tell. */
  async #tellOf(task: Task): Promise<void> {
    for (const pauseMs of PAUSES_MS) {
      if (pauseMs > 0) await scheduler.wait(pauseMs);
      if (this.#newest !== task) return;
      if (await this.#reach((directory) => directory.note(hintOf(this.#id, task)))) {
        this.#toldRevision = Math.max(this.#toldRevision, task.revision);
        return;
      }
    }
  }

  /** Returns whether the directory has taken it. If not, its row is old, and is checked when it is shown. */
  async #reach(tell: (directory: DirectoryStub) => Promise<void>): Promise<boolean> {
    try {
      await tell(this.#env.DIRECTORY_SHARDS.getByName(directoryShardOf(this.#id)));
      return true;
    } catch {
      return false;
    }
  }
}
