import type { FinishRequest, StartRequest, TaskState } from "../../worker-client/protocol.ts";
import { isTaskState, parseJson } from "../../worker-client/wire.ts";
import { pause } from "./pause.ts";

/** How a worker says that it is alive. */
export const SIGNS = ["WebSocket", "long poll", "heartbeat"] as const;

/** What a worker that obeys writes down of a run, in order. */
export type RunNote =
  | { readonly kind: "began"; readonly attempt: number }
  /** Its lease clock rang too late, as the process was stopped or busy. It could not obey since then. */
  | { readonly kind: "late"; readonly sinceMs: number }
  /** It asked, and its attempt still counts. */
  | { readonly kind: "goes on" }
  /** It has to stop, and has its grace period for that. */
  | { readonly kind: "stops" }
  | { readonly kind: "ended" };

interface Options {
  readonly url: string;
  readonly id: string;
  readonly holder: string;
  readonly leaseSeconds: number;
  readonly sign: (typeof SIGNS)[number];
  /** More of the start. */
  readonly start?: Partial<StartRequest>;
  /** How long it works if nothing stops it. */
  readonly workMs: number;
  /** How long it takes to stop when it has to. */
  readonly stopMs: number;
  /** How it reports the end of its work. */
  readonly end: FinishRequest["status"] | "released";
  readonly note: (note: RunNote) => void;
  /** Called with the first thing that the service says of the run once it watches. */
  readonly onWatching?: () => void;
}

const ANSWER_WITHIN_MS = 10_000;
/** A worker that wakes up late asks for so long whether its attempt still counts. */
const ASKS_FOR_MS = 5000;
const LATE_MS = 1000;
/** How late a timer of a process rings that is neither stopped nor busy. */
const TIMERS_WITHIN_MS = 100;
const PAUSE_MS = 1000;
const REPORTS_FOR_MS = 60_000;

/**
 * A worker that holds a lease and obeys it: it stops its work `leaseSeconds` after it sent the last
 * request that was answered, or when it is told. It uses only what a simulated world has, too.
 */
export class LeasedWorker {
  readonly #options: Options;
  readonly #over = new AbortController();
  #attempt = 0;
  #revision = 0;
  #heardAtMs = 0;
  /** Null: its lease is over, and there is nothing to report. */
  #end: FinishRequest["status"] | "released" | null;

  constructor(options: Options) {
    this.#options = options;
    this.#end = options.end;
  }

  /** Starts the task, works on it, and reports. False: it was not given the task. */
  async run(): Promise<boolean> {
    const { id, holder, leaseSeconds, workMs, stopMs, note, start } = this.#options;
    const sentAtMs = performance.now();
    const started = await this.#post("start", { holder, leaseSeconds, ...start });
    if (started?.status !== "running" || started.attempts.at(-1)?.holder !== holder) return false;
    if (started.id !== id) throw new Error("another task was started");
    this.#attempt = started.attempt;
    this.#revision = started.revision;
    this.#heardAtMs = sentAtMs;
    // The answer may have taken longer than the lease.
    if (this.#lateMs() >= 0) return false;
    note({ kind: "began", attempt: this.#attempt });
    void this.#keepLease();
    void this.#giveSigns();
    await pause(workMs, this.#over.signal);
    if (this.#over.signal.aborted) {
      note({ kind: "stops" });
      await pause(stopMs);
    }
    note({ kind: "ended" });
    this.#over.abort();
    await this.#report();
    return true;
  }

  async #report(): Promise<void> {
    const { holder } = this.#options;
    const run = { attempt: this.#attempt, holder };
    const untilMs = performance.now() + REPORTS_FOR_MS;
    while (this.#end !== null && performance.now() < untilMs) {
      const answer =
        this.#end === "released"
          ? await this.#post("release", run)
          : await this.#post("finish", { ...run, status: this.#end });
      if (answer !== null) return;
      await pause(PAUSE_MS);
    }
  }

  #lateMs(): number {
    return performance.now() - this.#heardAtMs - this.#options.leaseSeconds * 1000;
  }

  async #keepLease(): Promise<void> {
    const { note, holder } = this.#options;
    const { signal } = this.#over;
    while (!signal.aborted) {
      await pause(Math.max(0, -this.#lateMs()), signal);
      const lateMs = this.#lateMs();
      if (signal.aborted || lateMs < 0) continue;
      if (lateMs > TIMERS_WITHIN_MS) {
        note({ kind: "late", sinceMs: performance.now() - lateMs });
      }
      if (lateMs > LATE_MS) {
        const sentAtMs = performance.now();
        const run = { attempt: this.#attempt, holder };
        const task = await this.#post("heartbeat", run, ASKS_FOR_MS);
        if (task !== null && this.#isOurs(task)) {
          this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs);
          note({ kind: "goes on" });
          continue;
        }
      }
      this.#end = null;
      this.#over.abort();
    }
  }

  async #giveSigns(): Promise<void> {
    const { sign, leaseSeconds, holder } = this.#options;
    const { signal } = this.#over;
    const pingMs = (leaseSeconds * 1000) / 3;
    while (!signal.aborted) {
      const sentAtMs = performance.now();
      if (sign === "WebSocket") await this.#watchBySocket(pingMs);
      else if (sign === "heartbeat") {
        const task = await this.#post("heartbeat", { attempt: this.#attempt, holder });
        if (task !== null) this.#hear(task, sentAtMs);
        await pause(pingMs, signal);
        continue;
      } else {
        const waitSeconds = Math.floor(leaseSeconds / 2);
        const query = `${this.#query()}&wait=${waitSeconds}&watch=${holder}`;
        const answer = await this.#ask(query, {}, waitSeconds * 1000 + ANSWER_WITHIN_MS);
        if (answer?.status === 304) this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs);
        else if (answer?.task) this.#hear(answer.task, sentAtMs);
      }
      await pause(PAUSE_MS, signal);
    }
  }

  /** Until the line is lost, or the run is over. */
  #watchBySocket(pingMs: number): Promise<void> {
    const { url, id, onWatching = () => {} } = this.#options;
    const { signal } = this.#over;
    const sentAtMs: number[] = [performance.now()];
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = new AbortController();
    const to = `${url.replace("http", "ws")}/v1/tasks/${id}?${this.#query()}&direct=1`;
    const socket = new WebSocket(to);
    const finish = () => end.abort();
    const ping = async () => {
      while (!end.signal.aborted) {
        sentAtMs.push(performance.now());
        socket.send("ping");
        await pause(pingMs, end.signal);
        // A line that does not answer is given up before the lease is over.
        if (sentAtMs.length > 2) finish();
      }
    };
    socket.onopen = () => {
      // The upgrade was answered.
      this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs.shift() ?? 0);
      onWatching();
      void ping();
    };
    socket.onmessage = ({ data }) => {
      if (data === "pong") this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs.shift() ?? 0);
      else {
        const task = parseJson(String(data));
        if (isTaskState(task, id)) this.#hear(task, 0);
        else finish();
      }
    };
    socket.onclose = finish;
    socket.onerror = finish;
    void pause(2 * ANSWER_WITHIN_MS, end.signal).then(() => {
      if (socket.readyState === 0) finish();
    });
    signal.addEventListener("abort", finish);
    end.signal.addEventListener("abort", () => {
      signal.removeEventListener("abort", finish);
      socket.onclose = socket.onerror = socket.onopen = socket.onmessage = null;
      socket.close();
      resolve();
    });
    return promise;
  }

  #query(): string {
    return `revision=${this.#revision}&attempt=${this.#attempt}&holder=${this.#options.holder}`;
  }

  /** The service says how the task is, in answer to what was sent then. */
  #hear(task: TaskState, sentAtMs: number): void {
    if (task.revision < this.#revision) return;
    this.#revision = task.revision;
    if (!this.#isOurs(task)) this.#over.abort();
    else {
      this.#heardAtMs = Math.max(this.#heardAtMs, sentAtMs);
      if (task.status !== "cancelling") return;
      this.#end = "cancelled";
      this.#over.abort();
    }
  }

  #isOurs({ attempt, attempts, status }: TaskState): boolean {
    const isAlive = status === "running" || status === "cancelling";
    const isOurs = attempt === this.#attempt && attempts.at(-1)?.holder === this.#options.holder;
    return isAlive && isOurs;
  }

  /** Null: refused, or not answered. */
  async #post(what: string, body: object, withinMs = ANSWER_WITHIN_MS): Promise<TaskState | null> {
    const init = { method: "POST", body: JSON.stringify(body) };
    const answer = await this.#ask(what, init, withinMs);
    return answer?.status === 200 ? answer.task : null;
  }

  async #ask(
    what: string,
    init: RequestInit,
    withinMs: number,
  ): Promise<{ readonly status: number; readonly task: TaskState | null } | null> {
    const { url, id } = this.#options;
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), withinMs);
    try {
      const separator = init.method === "POST" ? "/" : "?";
      const to = `${url}/v1/tasks/${id}${separator}${what}`;
      const response = await fetch(to, { ...init, signal: end.signal });
      const task = parseJson(await new Response(response.body).text());
      return { status: response.status, task: isTaskState(task, id) ? task : null };
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
