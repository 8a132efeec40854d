import { DatabaseSync } from "node:sqlite";
import type { CountWatch } from "../../src/queues/count-watchers.ts";
import type { Claim } from "../../src/queues/parked-claims.ts";
import type { TaskWord } from "../../src/queues/queue.ts";
import { QueueCore } from "../../src/queues/queue-core.ts";
import type { Sql } from "../../src/queues/queue-store.ts";
import type { ClaimMessage } from "../../src/queues/queue-stub.ts";
import type { QueueState } from "../../worker-client/protocol-queues.ts";

interface Database {
  readonly sql: Sql;
  /** How many statements there were. */
  statements(): number;
  /** That many statements from now on, one throws. */
  failIn(statements: number): void;
}

/** SQLite in memory, as the queue's object has it on disk. */
export function database(): Database {
  const base = new DatabaseSync(":memory:");
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  let count = 0;
  let failing = 0;
  return {
    sql: (text, ...values) => {
      count += 1;
      if (count === failing) throw new Error("the disk is full");
      const statement = prepared.get(text) ?? base.prepare(text);
      prepared.set(text, statement);
      return statement.all(...values);
    },
    statements: () => count,
    failIn: (statements) => {
      failing = count + statements;
    },
  };
}

/** A socket that hibernates, and what was said over it. */
class FakeSocket<Attachment> {
  readyState = 1;
  readonly messages: string[] = [];
  readonly #attachment: Attachment;

  constructor(attachment: Attachment) {
    this.#attachment = attachment;
  }

  send(message: string): void {
    if (this.readyState !== 1) throw new Error("the socket is closed");
    this.messages.push(message);
  }

  close(): void {
    this.readyState = 2;
  }

  deserializeAttachment(): Attachment {
    return this.#attachment;
  }
}

/** A parked claim, as its Worker sees it. */
export interface ParkedClaim {
  /** Undefined: it waits. */
  readonly told: ClaimMessage | undefined;
  leave(): Promise<void>;
}

export const START_MS = Date.UTC(2026, 0, 1);

interface Surroundings {
  now(): number;
  askTask(id: string): Promise<TaskWord>;
}

/** A queue with its disk; alone it has a clock of its own, and tasks that say what a test lets them say. */
export class TestQueue {
  nowMs = START_MS;
  alarmAtMs: number | null = null;
  alarmsSet = 0;
  failsToSetAlarm = false;
  readonly words = new Map<string, TaskWord | Error>();
  readonly asked: string[] = [];
  readonly disk = database();
  #claims: FakeSocket<Claim>[] = [];
  #counters: FakeSocket<CountWatch>[] = [];
  readonly #surroundings: Surroundings | null;
  core: QueueCore;

  constructor(surroundings: Surroundings | null = null) {
    this.#surroundings = surroundings;
    this.core = this.#newCore();
  }

  /** The object is evicted: its memory goes, its disk, its alarm and its sockets stay. */
  evict(): void {
    this.core = this.#newCore();
  }

  /** The object crashes: its sockets go, too. */
  crash(): void {
    for (const socket of [...this.#claims, ...this.#counters]) socket.close();
    this.evict();
  }

  /** Lets time pass, and the alarm ring whenever it is due. */
  async pass(seconds: number): Promise<void> {
    const untilMs = this.nowMs + seconds * 1000;
    for (let rung = 0; this.alarmAtMs !== null && this.alarmAtMs <= untilMs; rung++) {
      if (rung > 10_000) throw new Error("the alarm never stops");
      this.nowMs = Math.max(this.nowMs, this.alarmAtMs);
      await this.ring();
    }
    this.nowMs = untilMs;
  }

  async ring(): Promise<void> {
    this.alarmAtMs = null;
    await this.core.ring();
  }

  /** A task says that it waits. */
  async wait(id: string, wish: Partial<Extract<TaskWord, { kind: "waits" }>> = {}): Promise<void> {
    const word = { kind: "waits", attempt: 0, priority: 0, availableAtMs: null, ...wish } as const;
    await this.core.hear([{ id, word }]);
  }

  /** A worker claims, and starts what it is offered. Returns the task. */
  async run(holder: string, attempt = 1): Promise<string | null> {
    const offer = await this.core.offer(holder);
    if (offer) await this.core.settle({ ...offer, holder }, { kind: "runs", attempt, holder });
    return offer?.id ?? null;
  }

  async park(holder: string): Promise<ParkedClaim> {
    let socket: FakeSocket<Claim> | undefined;
    const answer = await this.core.claim(holder, (claim) => {
      socket = new FakeSocket(claim);
      this.#claims.push(socket);
      return socket;
    });
    const { core } = this;
    return {
      get told() {
        if (answer.kind === "offered") return answer.offer;
        const [message] = socket?.messages ?? [];
        return message === undefined ? undefined : JSON.parse(message);
      },
      async leave() {
        socket?.close();
        if (socket) await core.leaveClaim(socket);
      },
    };
  }

  /** Watches the counts. Returns what was told so far. */
  async watchCounts(): Promise<() => readonly QueueState[]> {
    let socket: FakeSocket<CountWatch> | undefined;
    await this.core.watchCounts((watch) => {
      socket = new FakeSocket(watch);
      this.#counters.push(socket);
      return socket;
    });
    return () => (socket?.messages ?? []).map((message) => JSON.parse(message));
  }

  #newCore(): QueueCore {
    return new QueueCore({
      name: "gpu",
      now: () => this.#surroundings?.now() ?? this.nowMs,
      sql: this.disk.sql,
      claims: () => this.#claims,
      counters: () => this.#counters,
      setAlarm: async (atMs) => {
        if (this.failsToSetAlarm) throw new Error("no alarm can be set");
        this.alarmAtMs = atMs;
        this.alarmsSet += 1;
      },
      askTask: async (id) => {
        this.asked.push(id);
        if (this.#surroundings) return this.#surroundings.askTask(id);
        const word = this.words.get(id) ?? { kind: "gone" };
        if (word instanceof Error) throw word;
        return word;
      },
    });
  }
}
