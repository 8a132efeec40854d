import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Webhook } from "standardwebhooks";
import type { TryResult } from "../../src/webhooks/delivery.ts";
import type { Endpoint, OccurredEvent, Settings } from "../../src/webhooks/endpoint.ts";
import {
  WebhookCore,
  type WebhookPort,
  type WebhookSend,
} from "../../src/webhooks/webhook-core.ts";
import type { ListedWebhook } from "../../src/webhooks/webhook-stub.ts";
import { WEBHOOK_EVENTS } from "../../worker-client/protocol-webhooks.ts";

export const SETTINGS: Settings = {
  url: "https://hooks.example.com/task",
  events: WEBHOOK_EVENTS,
  prefix: null,
  queue: null,
  secret: null,
  rotateSecret: false,
};

export const OK: TryResult = { kind: "answered", status: 200, retryAfterSeconds: null };

/** An answer with this status. */
export function answered(status: number, retryAfterSeconds: number | null = null): TryResult {
  return { kind: "answered", status, retryAfterSeconds };
}

let events = 0;

/** An event that no other test has. */
export function newEvent(event: Partial<OccurredEvent> = {}): OccurredEvent {
  const id = `msg_${++events}`;
  const taskId = `task-${events}`;
  const type = event.type ?? "task.ended";
  return {
    id,
    type,
    taskId,
    queue: null,
    payload: JSON.stringify({ type, id }),
    ...event,
  };
}

/** A webhook's object on a disk, a clock and an alarm of this test's own. */
export class LabWebhook {
  nowMs = Date.UTC(2026, 0, 31);
  /** When the alarm rings; null: it is not set. */
  alarmAtMs: number | null = null;
  /** How often the alarm was set. */
  alarmsSet = 0;
  /** What the receiver does. */
  receive: (request: WebhookSend) => TryResult | Promise<TryResult> = () => OK;
  readonly received: WebhookSend[] = [];
  /** The list of all webhooks, as far as it was told. */
  listed: ListedWebhook | null = null;
  isListFull = false;
  isDiskFull = false;
  core: WebhookCore;
  #database = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  #endpoint: string | null = null;
  /** What is in memory belongs to it. */
  #process: object = {};

  constructor() {
    this.core = new WebhookCore(this.#port());
  }

  /** What a kill does: all that is in memory is gone, and what it still does has no effect. */
  restart(): void {
    this.#process = {};
    this.core = new WebhookCore(this.#port());
  }

  /** Rings the alarm at its time, again and again until none is set, or so often. Returns when it rang. */
  async ringUntilSilent(times = 100): Promise<readonly number[]> {
    const rung: number[] = [];
    while (this.alarmAtMs !== null && rung.length < times) {
      this.nowMs = Math.max(this.nowMs, this.alarmAtMs);
      this.alarmAtMs = null;
      rung.push(this.nowMs);
      await this.core.ring();
    }
    return rung;
  }

  get endpoint(): Endpoint | null {
    return this.#endpoint === null ? null : JSON.parse(this.#endpoint);
  }

  /** Whether the library takes a request for one that was signed with this secret. */
  isSignedWith(secret: string, { headers, body }: WebhookSend): boolean {
    // It compares with the clock of this machine, so that the time is checked elsewhere.
    const atMs = Number(headers["webhook-timestamp"]) * 1000;
    const signature = new Webhook(secret).sign(headers["webhook-id"] ?? "", new Date(atMs), body);
    return (headers["webhook-signature"] ?? "").split(" ").includes(signature);
  }

  #prepared(query: string): StatementSync {
    let statement = this.#statements.get(query);
    if (statement === undefined) {
      statement = this.#database.prepare(query);
      this.#statements.set(query, statement);
    }
    return statement;
  }

  #port(): WebhookPort {
    const process = this.#process;
    const guarded = <Result>(touch: () => Result): Result => {
      if (process !== this.#process) throw new Error("the process was killed");
      return touch();
    };
    return {
      id: "hook",
      now: () => this.nowMs,
      random: () => 0,
      load: () => guarded(() => this.endpoint),
      store: (endpoint) =>
        guarded(() => {
          this.#endpoint = JSON.stringify(endpoint);
        }),
      sql: (query, ...bindings) =>
        guarded(() => {
          if (this.isDiskFull && query.startsWith("UPDATE")) throw new Error("the disk is full");
          return this.#prepared(query).all(...bindings);
        }),
      clear: async () => {
        this.#database = new DatabaseSync(":memory:");
        this.#statements.clear();
        this.#endpoint = null;
        this.alarmAtMs = null;
      },
      setAlarm: async (atMs) =>
        guarded(() => {
          this.alarmAtMs = atMs;
          this.alarmsSet += 1;
        }),
      registry: () => ({
        note: async (webhook) => {
          if (this.isListFull) return false;
          this.listed = webhook;
          return true;
        },
        remove: async () => {
          this.listed = null;
        },
      }),
      send: async (request) => {
        this.received.push(request);
        return this.receive(request);
      },
    };
  }
}
