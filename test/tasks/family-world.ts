import type { AdoptAnswer } from "../../src/tasks/adoption.ts";
import { DECLARED_WITHIN_MS } from "../../src/tasks/doubt.ts";
import type { TaskCommand } from "../../src/tasks/events.ts";
import type { ChildRow, Family } from "../../src/tasks/family.ts";
import type { Task } from "../../src/tasks/task.ts";
import { TaskCore } from "../../src/tasks/task-core.ts";
import { hintOf } from "../../src/tasks/task-hint.ts";
import type { CommandAnswer, Relative } from "../../src/tasks/task-stub.ts";
import type { Tombstone } from "../../src/tasks/tombstone.ts";
import { SeededRandom } from "../lab/seeded-random.ts";
import { ChildRows } from "./child-rows.ts";
import { event } from "./harness.ts";

const START_MS = Date.UTC(2026, 0, 1, 12);

/** What an object has on disk. */
class Disk {
  task: Task | null = null;
  alarmAtMs: number | null = null;
  /** How many times that was set. */
  alarms = 0;
  tombstone: Tombstone | null = null;
  readonly children = new ChildRows();

  get family(): Family | null {
    return this.children.loadFamily();
  }

  get rows(): ReadonlyMap<string, ChildRow> {
    return this.children.rows;
  }

  clear(tombstone: Tombstone | null): void {
    this.tombstone = tombstone;
    this.task = null;
    this.alarmAtMs = null;
    this.children.clear();
  }
}

/** The object of one task: a core on a disk. */
class Machine {
  readonly disk = new Disk();
  core: TaskCore;
  /** Grows when it is killed: what an earlier one had begun is lost. */
  life = 0;
  readonly #wake: () => TaskCore;

  constructor(wake: (disk: Disk, isAlive: () => boolean, life: number) => TaskCore) {
    this.#wake = () => {
      const { life } = this;
      return wake(this.disk, () => this.life === life, life);
    };
    this.core = this.#wake();
  }

  kill(): void {
    this.life += 1;
    this.core = this.#wake();
  }
}

/** A call, or the answer to one, on its way. */
interface Mail {
  readonly what: string;
  readonly to: string;
  /** Whose mail it is, and which life of it waits for the answer; null: a Worker's. */
  readonly from: { readonly id: string; readonly life: number } | null;
  deliver(): void;
  lose(): void;
}

type Making = readonly [
  child: string,
  parent: string | null,
  command: "declare" | "start",
  options?: {
    readonly staysOn?: boolean;
    readonly supersede?: boolean;
    readonly requestedBy?: string;
  },
];

/**
 * Several tasks' objects and the network between them, on a clock of its own. Nothing arrives, and no
 * alarm rings, before `step` lets one of them.
 */
export class World {
  nowMs: number = START_MS;
  readonly machines = new Map<string, Machine>();
  readonly unreachable = new Set<string>();
  readonly random: SeededRandom;
  calls = 0;
  #mail: Mail[] = [];

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  machine(id: string): Machine {
    let machine = this.machines.get(id);
    if (machine === undefined) {
      machine = new Machine((...object) => this.#core(id, ...object));
      this.machines.set(id, machine);
    }
    return machine;
  }

  task(id: string): Task | null {
    return this.machines.get(id)?.disk.task ?? null;
  }

  /** What a Worker does to declare or start a task below a parent. */
  async make(...making: Making): Promise<CommandAnswer | null> {
    const answer = await this.#makeOnce(...making);
    const isOutdated = answer?.kind === "refused" && answer.refusal === "outdated";
    return isOutdated ? this.#makeOnce(...making) : answer;
  }

  async #makeOnce(
    ...[child, parent, command, { staysOn = false, ...supersession } = {}]: Making
  ): Promise<CommandAnswer | null> {
    let adopted: AdoptAnswer | null = null;
    let untilMs = Number.POSITIVE_INFINITY;
    if (parent !== null) {
      adopted = await this.call(parent, "adopt", (core) => core.kin.adopt({ child, staysOn }));
      if (adopted.kind === "refused") return null;
      untilMs = this.nowMs + DECLARED_WITHIN_MS;
    }
    const { ancestors, cancel, atMs: adoptedAtMs } = adopted ?? {};
    const made = { ancestors, staysOn, adoptedAtMs };
    if (command === "start" && parent !== null && cancel) {
      await this.call(child, "hearParent", (core) => core.kin.hearParent({ parent, cancel }));
    }
    const asked: TaskCommand =
      command === "start"
        ? event.start("worker", made)
        : event.declare({ ...made, cancel, retentionSeconds: 3600, ...supersession });
    const answer = await this.call(child, asked.type, (core) => {
      // A Worker that takes longer has been ended.
      if (this.nowMs >= untilMs) throw new Error(`${command} of ${child} is too late`);
      return core.command(asked);
    });
    const { task } = answer;
    if (parent !== null && task && (task.parent !== parent || task.endedAt !== null)) {
      await this.call(parent, "check", (core) => core.kin.hearChild({ type: "check", child }));
    }
    return answer;
  }

  command(id: string, command: TaskCommand): Promise<CommandAnswer> {
    return this.call(id, command.type, (core) => core.command(command));
  }

  /** Calls an object; the answer is on its way, too. Rejects if either is lost. */
  call<Answer>(
    to: string,
    what: string,
    ask: (core: TaskCore) => Promise<Answer>,
    from: Mail["from"] = null,
  ): Promise<Answer> {
    this.calls += 1;
    return new Promise((resolve, reject) => {
      const lose = () => reject(new Error(`${what} at ${to} is lost`));
      const deliver = () => {
        const machine = this.machine(to);
        const { life } = machine;
        const asked = new Promise<Answer>((resolve) => resolve(ask(machine.core)));
        asked.then(
          (answer) => {
            if (machine.life !== life) return lose();
            const what = "answer";
            this.#mail.push({ what, to, from, deliver: () => resolve(answer), lose });
          },
          (error) => reject(error),
        );
      };
      this.#mail.push({ what, to, from, deliver, lose });
    });
  }

  /** Lets everything that is ready come to its next await. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  kill(id: string): void {
    this.machine(id).kill();
  }

  /** How much is on its way to an object. */
  get waiting(): number {
    return this.#toObjects.length;
  }

  /** The first piece of it with this name arrives. */
  arrives(what: string): Promise<void> {
    return this.stepTo(this.#toObjects.findIndex((mail) => mail.what === what));
  }

  /** The first answer arrives that an object waits for. */
  answers(id: string): Promise<void> {
    return this.stepTo(
      this.#toObjects.findIndex(({ what, from }) => what === "answer" && from?.id === id),
    );
  }

  /** This piece of it arrives. Answers to Workers are there at once: what those do next is mail again. */
  async stepTo(which: number): Promise<void> {
    let next = this.#toObjects[which];
    while (next !== undefined) {
      const mail = next;
      this.#mail = this.#mail.filter((other) => other !== mail);
      this.nowMs += 1;
      mail.deliver();
      await this.settle();
      next = this.#mail.find((other) => !this.#toObjects.includes(other));
    }
  }

  get #toObjects(): readonly Mail[] {
    return this.#mail.filter(({ what, from }) => what !== "answer" || from !== null);
  }

  /** One piece of mail arrives or is lost, or one alarm rings. Returns false if nothing is on its way. */
  async step(loses = 0): Promise<boolean> {
    const ready = this.#mail.filter(({ to }) => !this.unreachable.has(to));
    const mail = ready[Math.floor(this.random.fraction() * ready.length)];
    if (mail === undefined) return false;
    this.#mail = this.#mail.filter((other) => other !== mail);
    this.nowMs += 1;
    const isDead = mail.from !== null && this.machine(mail.from.id).life !== mail.from.life;
    if (isDead || this.random.fraction() < loses) mail.lose();
    else mail.deliver();
    await this.settle();
    return true;
  }

  /** Everything that is on its way is lost. */
  loseAll(): void {
    for (const mail of this.#mail) mail.lose();
    this.#mail = [];
  }

  /** Lets the alarms ring that are due within some time, and the clock with them. */
  async ring(withinMs: number): Promise<boolean> {
    let next: Machine | null = null;
    for (const machine of this.machines.values()) {
      const { alarmAtMs } = machine.disk;
      if (alarmAtMs !== null && alarmAtMs < (next?.disk.alarmAtMs ?? Number.POSITIVE_INFINITY)) {
        next = machine;
      }
    }
    const atMs = next?.disk.alarmAtMs ?? null;
    if (next === null || atMs === null || atMs > this.nowMs + withinMs) return false;
    this.nowMs = Math.max(this.nowMs, atMs);
    next.disk.alarmAtMs = null;
    // What it asks of others is mail. If it is killed meanwhile, the alarm of its next life rings.
    next.core.ring().catch(() => {});
    await this.settle();
    return true;
  }

  /** Everything arrives and every alarm of the next hours rings, until nothing happens any more. */
  async quiet(forMs: number): Promise<void> {
    const endMs = this.nowMs + forMs;
    for (let steps = 0; steps < 100_000; steps++) {
      if (await this.step()) continue;
      if (await this.ring(endMs - this.nowMs)) continue;
      this.nowMs = Math.max(this.nowMs, endMs);
      return;
    }
    throw new Error("it never comes to rest");
  }

  #core(id: string, disk: Disk, isAlive: () => boolean, life: number): TaskCore {
    const alive = () => {
      if (!isAlive()) throw new Error(`${id} was killed`);
      return disk;
    };
    const reach = (to: string): Relative => {
      alive();
      const from = { id, life };
      return {
        hearChild: (news) => this.call(to, news.type, (core) => core.kin.hearChild(news), from),
        hearParent: (visit) =>
          this.call(to, "hearParent", (core) => core.kin.hearParent(visit), from),
        hint: async () => {
          const task = await this.call(to, "hint", async () => this.task(to), from);
          return task && hintOf(to, task);
        },
      };
    };
    return new TaskCore({
      id,
      now: () => this.nowMs,
      random: () => this.random.fraction(),
      load: () => alive().task,
      store: (task) => {
        alive().task = task;
      },
      loadInput: () => null,
      storeInput() {},
      clear: async (tombstone) => alive().clear(tombstone),
      tombstone: () => alive().tombstone,
      setAlarm: async (atMs) => {
        const disk = alive();
        disk.alarmAtMs = atMs;
        disk.alarms += 1;
      },
      sockets: () => [],
      pingedAtMs: () => null,
      get children() {
        return alive().children;
      },
      reach,
      send: async () => {},
      isWanted: () => false,
      hint() {},
      hintForgotten() {},
    });
  }
}
