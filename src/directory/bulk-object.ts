import { DurableObject } from "cloudflare:workers";
import type { BulkCancellation, TaskSummary } from "../../worker-client/protocol-directory.ts";
import type { Env } from "../env.ts";
import { summaryOf } from "../tasks/task-hint.ts";
import { BulkCore, type BulkOrder, type BulkPort, type StoredBulk } from "./bulk.ts";
import { directoryPort, readPage } from "./page.ts";
import type { Position } from "./query.ts";

const BULK = "bulk";
const MAX_WATCHERS = 100;

/** One bulk cancel on Cloudflare: a Durable Object around its core. */
export class BulkCancelObject extends DurableObject<Env> {
  readonly #core: BulkCore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#core = new BulkCore(this.#port());
  }

  async begin(order: BulkOrder): Promise<BulkCancellation> {
    return this.#core.begin(order);
  }

  async read(): Promise<BulkCancellation | null> {
    return this.#core.read();
  }

  /** A watch: told how far it is now, and after each turn, until all is done. */
  override async fetch(): Promise<Response> {
    const bulk = this.#core.read();
    if (bulk === null) return new Response(null, { status: 404 });
    if (this.ctx.getWebSockets().length >= MAX_WATCHERS) return new Response(null, { status: 503 });
    const { 0: far, 1: near } = new WebSocketPair();
    this.ctx.acceptWebSocket(near);
    tell(near, bulk);
    return new Response(null, { status: 101, webSocket: far });
  }

  override async alarm(): Promise<void> {
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
      setAlarm: (atMs) => storage.setAlarm(atMs),
      list: (scan) => readPage(directory, scan),
      cancel: (task, order) => this.#cancel(task, order),
      look: async (task) => this.#look(task),
      tell: (bulk) => {
        for (const socket of this.ctx.getWebSockets()) {
          if (socket.readyState === WebSocket.OPEN) tell(socket, bulk);
        }
      },
    };
  }

  async #cancel(task: Position, order: BulkOrder): Promise<TaskSummary | null> {
    // A cancel of an unknown id would be recorded for whoever comes to use it.
    if ((await this.#look(task)) === null) return null;
    const { reason, requestedBy, gracePeriodSeconds } = order;
    const cancel = { type: "cancel", reason, requestedBy, gracePeriodSeconds } as const;
    const answer = await this.env.TASKS.getByName(task.id).command(cancel, undefined, requestedBy);
    return answer.kind === "refused" ? null : summaryOf(answer.task);
  }

  async #look({ id, createdAtMs }: Position): Promise<TaskSummary | null> {
    const hint = await this.env.TASKS.getByName(id).hint();
    return hint?.createdAtMs === createdAtMs ? hint.summary : null;
  }
}

function tell(socket: WebSocket, bulk: BulkCancellation): void {
  socket.send(JSON.stringify(bulk));
  if (bulk.status === "done") socket.close(1000, "done");
}
