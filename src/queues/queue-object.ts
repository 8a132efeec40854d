import { DurableObject } from "cloudflare:workers";
import type { QueueSettings, QueueState } from "../../worker-client/protocol-queues.ts";
import { Alarm } from "../durable/alarm.ts";
import type { Env } from "../env.ts";
import type { CountWatch } from "./count-watchers.ts";
import type { Claim } from "./parked-claims.ts";
import { type TaskNews, wordOf } from "./queue.ts";
import { QueueCore, type QueuePort } from "./queue-core.ts";
import {
  type HeldOffer,
  type Offer,
  type OfferEnd,
  QUEUE_WATCH_HEADER,
  type QueueCalls,
  type QueueWatch,
} from "./queue-stub.ts";
import type { Entry } from "./waiting-line.ts";

/** One queue on Cloudflare: a Durable Object around its core. */
export class QueueObject extends DurableObject<Env> implements QueueCalls {
  readonly #core: QueueCore;
  readonly #alarm: Alarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx.storage);
    this.#core = new QueueCore(this.#port());
  }

  async read(): Promise<QueueState> {
    return this.#core.read();
  }

  async configure(settings: QueueSettings): Promise<QueueState> {
    return this.#core.configure(settings);
  }

  async reserve(tasks: readonly Entry[]): Promise<boolean> {
    return this.#core.reserve(tasks);
  }

  async hear(news: readonly TaskNews[]): Promise<void> {
    await this.#core.hear(news);
  }

  async offer(holder: string): Promise<Offer | null> {
    return this.#core.offer(holder);
  }

  async settle(offer: HeldOffer, end: OfferEnd): Promise<void> {
    await this.#core.settle(offer, end);
  }

  /** Replies to a claim with an offer as JSON, or parks it behind a WebSocket, like every watch of the counts. */
  override async fetch(request: Request): Promise<Response> {
    const watch: QueueWatch = JSON.parse(request.headers.get(QUEUE_WATCH_HEADER) ?? "");
    const { 0: far, 1: near } = new WebSocketPair();
    const accept = (parked: Claim | CountWatch) => {
      this.ctx.acceptWebSocket(near, [parked.kind]);
      near.serializeAttachment(parked);
      return near;
    };
    const parked = () => new Response(null, { status: 101, webSocket: far });
    const full = () => new Response(null, { status: 503 });
    if (watch.kind === "counts") {
      return (await this.#core.watchCounts(accept)) === "full" ? full() : parked();
    }
    const answer = await this.#core.claim(watch.holder, accept);
    switch (answer.kind) {
      case "offered":
        return Response.json(answer.offer);
      case "full":
        return full();
      case "parked":
        return parked();
    }
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.rings(info);
    await this.#core.ring();
  }

  /** The Worker that holds the client's request has closed its end, and waits for ours. */
  override async webSocketClose(socket: WebSocket): Promise<void> {
    socket.close();
    await this.#leave(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#leave(socket);
  }

  async #leave(socket: WebSocket): Promise<void> {
    const { kind }: Claim | CountWatch = socket.deserializeAttachment();
    if (kind === "claim") await this.#core.leaveClaim(socket);
    else await this.#core.leaveCounts(socket);
  }

  #port(): QueuePort {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a queue object is addressed by its queue's name");
    return {
      name,
      now: () => Date.now(),
      sql: (statement, ...values) => this.ctx.storage.sql.exec(statement, ...values).toArray(),
      claims: () => this.ctx.getWebSockets("claim"),
      counters: () => this.ctx.getWebSockets("counts"),
      setAlarm: (atMs) => this.#alarm.set(atMs),
      askTask: async (id) => wordOf(await this.env.TASKS.getByName(id).read(), name),
    };
  }
}
