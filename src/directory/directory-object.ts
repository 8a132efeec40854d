import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { logLine } from "../log-line.ts";
import type { HintedTask, TaskHint } from "../tasks/task-hint.ts";
import { DirectoryStore } from "./directory-store.ts";
import type { AskedTask, Counted, DirectoryStub } from "./directory-stub.ts";
import type { Scan, Scanned } from "./query.ts";

const SWEEP_EVERY_MS = 86_400_000;

/** A shard of the directory on Cloudflare: a Durable Object around its rows. */
export class DirectoryObject extends DurableObject<Env> implements DirectoryStub {
  readonly #store: DirectoryStore;
  /** Hints that wait to be written. */
  #hints: TaskHint[] = [];
  /** Resolves once they are written. Null if there are none. */
  #written: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    this.#store = new DirectoryStore((query, ...values) => sql.exec(query, ...values), Date.now());
  }

  async note(hint: TaskHint): Promise<void> {
    this.#hints.push(hint);
    this.#written ??= this.#writeHints();
    await this.#written;
  }

  async remove(task: HintedTask): Promise<void> {
    this.#store.remove(task);
  }

  async scan(scan: Scan): Promise<Scanned> {
    return this.#store.scan(scan, Date.now());
  }

  async repair(asked: readonly AskedTask[]): Promise<void> {
    await this.#write(() => this.#store.repair(asked, Date.now()));
  }

  async count(): Promise<Counted> {
    return this.#store.count(Date.now());
  }

  /** Writes all waiting hints in one turn, to wait for the disk only once. */
  async #writeHints(): Promise<void> {
    // Lets calls that have already arrived add their hints first.
    await scheduler.wait(0);
    const hints = this.#hints;
    this.#hints = [];
    this.#written = null;
    await this.#write(() => {
      for (const hint of hints) this.#store.note(hint, Date.now());
    });
  }

  /** Makes a change, and sets the alarm with the first row, so that old rows get removed. */
  async #write(change: () => void): Promise<void> {
    const wasEmpty = this.#store.isEmpty;
    change();
    if (wasEmpty && !this.#store.isEmpty) {
      await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
    }
  }

  override async alarm(): Promise<void> {
    try {
      this.#store.sweep(Date.now());
    } catch (error) {
      // The platform drops an alarm that keeps failing, and nothing would be swept any more.
      console.error(logLine("sweep_failed", { error: String(error) }));
    }
    if (!this.#store.isEmpty) await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
  }
}
