import { DurableObject } from "cloudflare:workers";
import type { BulkCancellation } from "../../worker-client/protocol-directory.ts";
import { Alarm } from "../durable/alarm.ts";
import type { Env } from "../env.ts";
import { logLine } from "../log-line.ts";
import type { TaskHint } from "../tasks/task-hint.ts";
import type { BulkOrder, StoredBulk } from "./bulk.ts";
import { BulkCore, type BulkPort } from "./bulk-core.ts";
import type { BulkReading } from "./directory-stub.ts";
import { directoryPort, readPage, tellDirectory } from "./page.ts";
import type { Position } from "./query.ts";

const BULK = "bulk";
const MAX_WATCHERS = 100;

/** One bulk cancel on Cloudflare: a Durable Object around its core. */
export class BulkCancelObject extends DurableObject<Env> {
  readonly #core: BulkCore;
  readonly #alarm: Alarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx.storage);
    this.#core = new BulkCore(this.#port());
  }

  async begin(order: BulkOrder): Promise<BulkCancellation> {
    return this.#core.begin(order);
  }

  async read(): Promise<BulkReading | null> {
    return this.#core.reading();
  }

  /** A watch: sent the progress now and after each turn, until all is done. */
  override async fetch(): Promise<Response> {
    const bulk = this.#core.read();
    if (bulk === null) return new Response(null, { status: 404 });
    if (this.ctx.getWebSockets().length >= MAX_WATCHERS) return new Response(null, { status: 503 });
    const { 0: far, 1: near } = new WebSocketPair();
    this.ctx.acceptWebSocket(near);
    tell(near, bulk);
    return new Response(null, { status: 101, webSocket: far });
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.rings(info);
    await this.#core.ring();
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  #port(): BulkPort {
    const { storage } = this.ctx;
    const directory = directoryPort(this.env);
    return {
      sql: (query, ...values) => storage.sql.exec(query, ...values),
      now: () => Date.now(),
      load: () => storage.kv.get<StoredBulk>(BULK) ?? null,
      store: (bulk) => storage.kv.put(BULK, bulk),
      clear: () => storage.deleteAll(),
      setAlarm: (atMs) => this.#alarm.set(atMs),
      list: (scan) => readPage(directory, scan),
      cancel: (task, order) => this.#cancel(task, order),
      look: (task) => this.#look(task),
      settle: async (asked) => {
        const told = await Promise.allSettled(tellDirectory(directory, asked));
        return told.flatMap((part) => {
          if (part.status === "fulfilled") return part.value;
          console.error(logLine("bulk_cancel_failed", { error: String(part.reason) }));
          return [];
        });
      },
      tell: (bulk) => {
        for (const socket of this.ctx.getWebSockets()) {
          if (socket.readyState === WebSocket.OPEN) tell(socket, bulk);
        }
      },
    };
  }

  #cancel({ id, createdAtMs }: Position, order: BulkOrder): Promise<TaskHint | null> {
    const { reason, requestedBy, gracePeriodSeconds } = order;
    const cancel = { type: "cancel", reason, requestedBy, gracePeriodSeconds } as const;
    return this.env.TASKS.getByName(id).cancelListed(createdAtMs, cancel, requestedBy);
  }

  async #look({ id, createdAtMs }: Position): Promise<TaskHint | null> {
    const hint = await this.env.TASKS.getByName(id).hint();
    return hint?.createdAtMs === createdAtMs ? hint : null;
  }
}

function tell(socket: WebSocket, bulk: BulkCancellation): void {
  socket.send(JSON.stringify(bulk));
  if (bulk.status === "done") socket.close(1000, "done");
}
