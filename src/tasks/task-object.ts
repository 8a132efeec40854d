import { DurableObject } from "cloudflare:workers";
import type { JsonValue, TaskState } from "../../worker-client/protocol.ts";
import type { HistoryEntry } from "../../worker-client/protocol-directory.ts";
import { Alarm } from "../durable/alarm.ts";
import type { Env } from "../env.ts";
import { announce, mayBeWanted } from "../webhooks/announce.ts";
import type { AdoptAnswer, AdoptRequest } from "./adoption.ts";
import { ChildTable } from "./child-table.ts";
import { DirectoryHints } from "./directory-hints.ts";
import type { OuterEffect } from "./effects.ts";
import type { CancelEvent, TaskCommand } from "./events.ts";
import { readHistory, recordChange, type StoredHistory } from "./history.ts";
import { isInReach, mayAsk } from "./reach.ts";
import { fromRow, type Task, type TaskRow } from "./task.ts";
import { TaskCore } from "./task-core.ts";
import { hintOf, type TaskHint } from "./task-hint.ts";
import type { TaskPort } from "./task-port.ts";
import {
  type CommandAnswer,
  type ForgetAnswer,
  type Relatives,
  type TaskCalls,
  WATCH_HEADER,
  WATCH_QUEUES_HEADER,
} from "./task-stub.ts";
import type { ChildAnswer, ChildNews, ParentVisit } from "./telling.ts";
import type { Farewell, Tombstone } from "./tombstone.ts";
import type { Watch } from "./watch.ts";

/** The key of the task's row. */
const TASK = "task";
/** The key of its input, which is stored separately: it can be long, and never changes. */
const INPUT = "input";
/** The key of its tombstone, which is kept for a while after it was forgotten. */
const TOMBSTONE = "remains";

/** The history is in the task's row, so it costs no write of its own. */
type Row = TaskRow & { readonly history?: StoredHistory };

/** One task on Cloudflare: a Durable Object around its core. */
export class TaskObject extends DurableObject<Env> implements TaskCalls {
  readonly #core: TaskCore;
  readonly #alarm: Alarm;
  readonly #hints: DirectoryHints;
  readonly #children: ChildTable;
  /** The task on disk, which only this object writes. Undefined if not read, or after a failed write. */
  #stored: Task | null | undefined;
  #history: StoredHistory = "";
  /** The tombstone of an earlier task. Undefined if not read yet. */
  #tombstone: Tombstone | null | undefined;
  /** The subject of the token behind the current command, or null if there is none. */
  #by: string | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx.storage);
    this.#children = new ChildTable(ctx.storage);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#hints = new DirectoryHints(this.#id, env, (work) => ctx.waitUntil(work));
    this.#core = new TaskCore(this.#port());
  }

  async read(queues?: readonly string[]): Promise<TaskState | null> {
    return isInReach(this.#load(), queues) ? this.#core.read() : null;
  }

  async hint(): Promise<TaskHint | null> {
    const task = this.#load();
    return task && hintOf(this.#id, task);
  }

  async history(queues?: readonly string[]): Promise<readonly HistoryEntry[] | null> {
    const task = this.#load();
    return task && isInReach(task, queues) ? readHistory(this.#history, task) : null;
  }

  async command(
    command: TaskCommand,
    queues?: readonly string[],
    by: string | null = null,
  ): Promise<CommandAnswer> {
    if (!mayAsk(this.#load(), command, queues)) {
      return { kind: "refused", refusal: "unknown", task: null };
    }
    this.#by = by;
    // The command stores its changes before it awaits anything.
    const answer = this.#core.command(command);
    this.#by = null;
    return answer;
  }

  async cancelListed(
    createdAtMs: number,
    cancel: CancelEvent,
    by: string | null,
  ): Promise<TaskHint | null> {
    // A cancel of an unknown id would be recorded for the next task of that id.
    if (this.#load()?.createdAtMs !== createdAtMs) return null;
    await this.command(cancel, undefined, by);
    return this.hint();
  }

  async forget(queues?: readonly string[]): Promise<ForgetAnswer> {
    return isInReach(this.#load(), queues) ? this.#core.forget() : { kind: "forgotten" };
  }

  async adopt(request: AdoptRequest, queues?: readonly string[]): Promise<AdoptAnswer> {
    if (!isInReach(this.#load(), queues)) return { kind: "refused", refusal: "unknown" };
    return this.#core.kin.adopt(request);
  }

  async relatives(limit: number, queues?: readonly string[]): Promise<Relatives | null> {
    return isInReach(this.#load(), queues) ? this.#core.kin.relatives(limit) : null;
  }

  async hearChild(news: ChildNews): Promise<Farewell | null> {
    return this.#core.kin.hearChild(news);
  }

  async hearParent(visit: ParentVisit): Promise<ChildAnswer> {
    return this.#core.kin.hearParent(visit);
  }

  /** A watch: answered at once with the state as JSON, or parked behind a WebSocket. */
  override async fetch(request: Request): Promise<Response> {
    const watch: Watch = JSON.parse(request.headers.get(WATCH_HEADER) ?? "");
    const queues = request.headers.get(WATCH_QUEUES_HEADER);
    // A parked watch outlives its task only by seconds, so checking once is enough.
    if (queues !== null && !isInReach(this.#load(), JSON.parse(queues))) {
      return new Response(null, { status: 404 });
    }
    const { 0: far, 1: near } = new WebSocketPair();
    const answer = await this.#core.watch(watch, (parked, tag) => {
      this.ctx.acceptWebSocket(near, [tag]);
      near.serializeAttachment(parked);
      return near;
    });
    switch (answer.kind) {
      case "answered":
        return Response.json(answer.task);
      case "full":
        return new Response(null, { status: 503 });
      case "parked":
        return new Response(null, { status: 101, webSocket: far });
    }
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.rings(info);
    await this.#core.ring();
  }

  /** The platform answers `ping` without waking the object, so this never sees it. */
  override webSocketMessage(socket: WebSocket): void {
    this.#core.hear(socket);
  }

  /**
   * A client that closes waits for our close frame. That comes after everything sent before, so a
   * poll whose wait is over knows that nothing is on its way.
   */
  override async webSocketClose(socket: WebSocket): Promise<void> {
    socket.close();
    await this.#core.leave(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#core.leave(socket);
  }

  async #send(id: string, effect: OuterEffect): Promise<void> {
    switch (effect.type) {
      case "queue.add": {
        const { queue, attempt, priority, availableAtMs } = effect;
        return this.env.QUEUES.getByName(queue).hear([
          { id, word: { kind: "waits", attempt, priority, availableAtMs } },
        ]);
      }
      case "queue.leave":
        return this.env.QUEUES.getByName(effect.queue).hear([{ id, word: { kind: "gone" } }]);
      case "event":
        return announce(this.env, effect);
    }
  }

  #load(): Task | null {
    if (this.#stored !== undefined) return this.#stored;
    const row = this.ctx.storage.kv.get<Row>(TASK) ?? null;
    this.#history = row?.history ?? "";
    const task = row && fromRow(row);
    this.#stored = task;
    if (task !== null) this.#hints.woke(task, Date.now());
    return task;
  }

  #store(task: Task): void {
    const occasion = { by: this.#by, nowMs: Date.now() };
    const history = recordChange(this.#history, this.#load(), task, occasion);
    this.#stored = undefined;
    this.ctx.storage.kv.put<Row>(TASK, { ...task, history });
    this.#stored = task;
    this.#history = history;
  }

  #loadTombstone(): Tombstone | null {
    if (this.#tombstone === undefined) {
      this.#tombstone = this.ctx.storage.kv.get<Tombstone>(TOMBSTONE) ?? null;
    }
    return this.#tombstone;
  }

  async #clear(tombstone: Tombstone | null): Promise<void> {
    this.#stored = null;
    this.#history = "";
    this.#tombstone = tombstone;
    const { storage } = this.ctx;
    if (tombstone === null) return storage.deleteAll();
    // All in one turn, so that the task or its tombstone is on disk at any moment.
    for (const [key] of [...storage.kv.list()]) storage.kv.delete(key);
    this.#children.clear();
    storage.kv.put<Tombstone>(TOMBSTONE, tombstone);
  }

  get #id(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a task object is addressed by its task's id");
    return name;
  }

  #port(): TaskPort {
    const name = this.#id;
    return {
      id: name,
      now: () => Date.now(),
      load: () => this.#load(),
      store: (task) => this.#store(task),
      loadInput: () => this.ctx.storage.kv.get<JsonValue>(INPUT) ?? null,
      storeInput: (input) => this.ctx.storage.kv.put(INPUT, input),
      clear: (tombstone) => this.#clear(tombstone),
      tombstone: () => this.#loadTombstone(),
      setAlarm: (atMs) => this.#alarm.set(atMs),
      sockets: (tag) => this.ctx.getWebSockets(tag),
      pingedAtMs: (socket) => {
        if (!(socket instanceof WebSocket)) return null;
        return this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? null;
      },
      isWanted: (event, task) => mayBeWanted(this.env, event, task),
      children: this.#children,
      reach: (task) => this.env.TASKS.getByName(task),
      send: (effect) => this.#send(name, effect),
      hint: (task) => this.#hints.tell(task),
      hintForgotten: (task) => this.#hints.forgotten(task),
      random: () => Math.random(),
    };
  }
}
