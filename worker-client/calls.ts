import { RequestRefusedError } from "./errors.ts";
import { PARKED_AT_LEAST_MS } from "./follow.ts";
import type { TaskClientOptions } from "./options.ts";
import type { TaskState } from "./protocol.ts";
import { retry } from "./retry.ts";
import { Service } from "./service.ts";
import { delay } from "./timer.ts";
import { isTaskState } from "./wire.ts";

const TRY_FOR_SECONDS = 30;
/** A report may stand for hours of work, so its retries outlast a deploy and a short outage. */
const TRY_TO_REPORT_FOR_SECONDS = 300;

/** Proxies close connections that are idle for a minute, so a longer wait takes several requests. */
const MAX_WAIT_SECONDS = 55;

/** A request about a task, a queue or the like. */
export interface Command {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Appended to the URL of the task, queue or the like. */
  readonly path: string;
  readonly body?: object;
  /** The task's parent if the body names none. */
  readonly parent?: string | undefined;
  /** How long the service may park the request, in seconds. */
  readonly waitSeconds?: number;
  /** Whether it reports how an attempt ended, which must not be lost. */
  readonly isReport?: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Sends a client's requests, and retries each for a while if the service cannot be reached. */
export class Calls {
  readonly service: Service;

  constructor(options: TaskClientOptions) {
    this.service = new Service(options);
  }

  /** Sends a command about a task, and returns the state in the response. */
  async task(id: string, command: Command): Promise<TaskState> {
    return this.ask(this.service.taskUrl(id), command, (status, body) =>
      status < 300 && isTaskState(body, id) ? body : undefined,
    );
  }

  /** Sends a command to a path below `baseUrl`. See `Service.ask` for `read`. */
  async ask<Answer>(
    baseUrl: string,
    command: Command,
    read: (status: number, body: unknown) => Answer | undefined,
  ): Promise<Answer> {
    const { path, waitSeconds = 0, isReport = false, signal } = command;
    return retry(
      () => this.service.ask({ ...command, url: baseUrl + path }, read),
      // A connection that is cut at the end of the wait still gets a second try.
      waitSeconds + (isReport ? TRY_TO_REPORT_FOR_SECONDS : TRY_FOR_SECONDS),
      signal,
      (error) => isReport && this.#mayBeReportedLater(error),
    );
  }

  /**
   * Calls `ask` until `isAwaited` accepts the answer or `waitSeconds` have passed, and returns the last
   * answer. `ask` gets how long the service may park the request, in seconds.
   */
  async wait<Answer>(
    waitSeconds: number,
    signal: AbortSignal | undefined,
    ask: (waitSeconds: number) => Promise<Answer>,
    isAwaited: (answer: Answer) => boolean,
  ): Promise<Answer> {
    if (!(waitSeconds >= 0))
      throw new TypeError(`waitSeconds must be 0 or more, not ${waitSeconds}`);
    const endsAtMs = performance.now() + waitSeconds * 1000;
    for (;;) {
      const askedAtMs = performance.now();
      const leftSeconds = Math.max(0, Math.ceil((endsAtMs - askedAtMs) / 1000));
      const answer = await ask(Math.min(MAX_WAIT_SECONDS, leftSeconds));
      const nowMs = performance.now();
      if (isAwaited(answer) || nowMs >= endsAtMs) return answer;
      // Something in between responds without waiting: do not poll it in a tight loop.
      if (nowMs - askedAtMs < PARKED_AT_LEAST_MS) {
        await delay(PARKED_AT_LEAST_MS, signal, true);
      }
    }
  }

  /** Whether something in between refused, or the token expired and there is no new one yet. */
  #mayBeReportedLater(error: unknown): boolean {
    if (!(error instanceof RequestRefusedError)) return false;
    return error.problem === null || (error.status === 401 && this.service.renewsToken);
  }
}
