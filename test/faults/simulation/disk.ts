import type { Task } from "../../../src/tasks/task.ts";
import type { World } from "./world.ts";

/** All that was written in one turn: it is on disk together, or not at all. */
export interface Write {
  /** What the object was doing. */
  readonly why: string;
  /** When it wrote, by its clock on the wall. */
  readonly wallMs: number;
  /** Undefined: not written. Null: deleted. */
  task?: Task | null;
  alarmAtMs?: number | null;
}

interface Writing {
  readonly turn: number;
  readonly write: Write;
  /** What was said since: it leaves when this is on disk, or is lost with it. */
  readonly outputs: { readonly leave: () => void; readonly lose: () => void }[];
}

interface Options {
  onWritten(write: Write, before: Task | null): void;
  /** The power fails while something is being written. */
  onLostPower(): void;
}

const TAKES_AT_MOST_MS = 20;

/**
 * The storage of a Durable Object: what is written can be read at once, is on disk a little later,
 * and nothing that is said meanwhile leaves before it is.
 */
export class Disk {
  /** What a crash would leave. */
  task: Task | null = null;
  alarmAtMs: number | null = null;
  readonly #world: World;
  readonly #options: Options;
  #writings: Writing[] = [];
  #doneAtMs = 0;

  constructor(world: World, options: Options) {
    this.#world = world;
    this.#options = options;
  }

  get isWriting(): boolean {
    return this.#writings.length > 0;
  }

  /** The task as it was written last. */
  read(): Task | null {
    const latest = this.#writings.findLast(({ write }) => write.task !== undefined);
    return structuredClone(latest?.write.task ?? (latest ? null : this.task));
  }

  write(why: string, wallMs: number, what: Pick<Write, "task" | "alarmAtMs">): void {
    const { eventsHappened: turn } = this.#world.scheduler;
    const latest = this.#writings.at(-1);
    if (latest?.turn === turn) Object.assign(latest.write, what);
    else this.#begin({ turn, write: { why, wallMs, ...what }, outputs: [] });
  }

  /** Says something to the world, when everything that was written before is on disk. */
  output(leave: () => void, lose: () => void = () => {}): void {
    const latest = this.#writings.at(-1);
    if (latest === undefined) leave();
    else latest.outputs.push({ leave, lose });
  }

  /** What is not on disk yet is lost. */
  crash(): void {
    const lost = this.#writings;
    this.#writings = [];
    for (const { outputs } of lost) for (const { lose } of outputs) lose();
  }

  #begin(writing: Writing): void {
    const { scheduler, random, weather } = this.#world;
    this.#writings.push(writing);
    const takesMs = random.whole(1, TAKES_AT_MOST_MS);
    this.#doneAtMs = Math.max(this.#doneAtMs, scheduler.nowMs + takesMs);
    scheduler.later(this.#doneAtMs - scheduler.nowMs, () => {
      if (this.#writings.includes(writing)) this.#end(writing);
    });
    if (weather.strikes("lost write")) scheduler.later(0, () => this.#options.onLostPower());
  }

  #end({ write, outputs }: Writing): void {
    const before = this.task;
    this.#writings.shift();
    if (write.task !== undefined) this.task = write.task;
    if (write.alarmAtMs !== undefined) this.alarmAtMs = write.alarmAtMs;
    this.#options.onWritten(write, before);
    for (const { leave } of outputs) leave();
  }
}
