import type { DirectoryStub } from "../directory/directory-stub.ts";
import { directoryShardOf } from "../durable/shards.ts";
import type { Env } from "../env.ts";
import { isEnded, type Task } from "./task.ts";
import { changedAtMs, hintOf } from "./task-hint.ts";

/** Changes within this time are sent as one hint. */
const BATCH_MS = 100;
/**
 * An end is sent sooner, as nothing follows it and time awake is billed, but watchers are told
 * first.
 */
const END_DELAY_MS = 10;
/** How long to wait before each attempt to reach the directory. */
const PAUSES_MS = [0, 1000, 5000, 30_000];
/** An object hibernates after 10 s idle. One that wakes within this time after a change was killed. */
const CUT_OFF_WITHIN_MS = 15_000;

/**
 * Sends a task's state to the directory in the background. What was sent is not stored, to save a
 * write. So an object that was killed sends again when it wakes soon after a change, or when a
 * command is repeated.
 */
export class DirectoryHints {
  readonly #id: string;
  readonly #env: Env;
  readonly #keepAwake: (work: Promise<unknown>) => void;
  /** The state that is about to be sent, or null. */
  #changed: Task | null = null;
  /** The newest state to send, or null if the task was forgotten. */
  #newest: Task | null = null;
  /** The newest revision that the directory has accepted since the object woke. */
  #toldRevision = 0;

  constructor(id: string, env: Env, keepAwake: (work: Promise<unknown>) => void) {
    this.#id = id;
    this.#env = env;
    this.#keepAwake = keepAwake;
  }

  /** Call this when the object wakes with this task on disk. */
  woke(task: Task, nowMs: number): void {
    if (nowMs - changedAtMs(task) < CUT_OFF_WITHIN_MS) this.tell(task);
  }

  /** Sends the task's state, unless the directory has it. */
  tell(task: Task): void {
    if (this.#env.DIRECTORY === "off" || task.revision === this.#toldRevision) return;
    const isScheduled = this.#changed !== null;
    this.#changed = task;
    this.#newest = task;
    if (!isScheduled) this.#keepAwake(this.#tellAfter(isEnded(task) ? END_DELAY_MS : BATCH_MS));
  }

  /** Removes a task that was forgotten before its retention was over. */
  forgotten({ createdAtMs, revision }: Task): void {
    if (this.#env.DIRECTORY === "off") return;
    this.#changed = null;
    this.#newest = null;
    const forgotten = { id: this.#id, createdAtMs, revision };
    const tell = (directory: DirectoryStub) => directory.remove(forgotten);
    this.#keepAwake(this.#tellUntilTaken(tell, () => true));
  }

  async #tellAfter(pauseMs: number): Promise<void> {
    await scheduler.wait(pauseMs);
    const task = this.#changed;
    this.#changed = null;
    if (task !== null) await this.#tellOf(task);
  }

  async #tellOf(task: Task): Promise<void> {
    const tell = (directory: DirectoryStub) => directory.note(hintOf(this.#id, task));
    const isTaken = await this.#tellUntilTaken(tell, () => this.#newest === task);
    if (isTaken) this.#toldRevision = Math.max(this.#toldRevision, task.revision);
  }

  /** Tells the directory, and retries a few times while it is news. Returns whether it got through. */
  async #tellUntilTaken(
    tell: (directory: DirectoryStub) => Promise<void>,
    isNews: () => boolean,
  ): Promise<boolean> {
    for (const pauseMs of PAUSES_MS) {
      if (pauseMs > 0) await scheduler.wait(pauseMs);
      if (!isNews()) return false;
      if (await this.#reach(tell)) return true;
    }
    return false;
  }

  /** Returns whether the directory accepted it. If not, its stale row is checked when it is shown. */
  async #reach(tell: (directory: DirectoryStub) => Promise<void>): Promise<boolean> {
    try {
      await tell(this.#env.DIRECTORY_SHARDS.getByName(directoryShardOf(this.#id)));
      return true;
    } catch {
      return false;
    }
  }
}
