import { RequestRefusedError } from "./errors.ts";
import { PARKED_AT_LEAST_MS } from "./follow.ts";
import type { TaskClientOptions } from "./options.ts";
import type { TaskState } from "./protocol.ts";
import { retry } from "./retry.ts";
import { Service } from "./service.ts";
import { delay } from "./timer.ts";
import { isTaskState } from "./wire.ts";

const TRY_FOR_SECONDS = 30;
/** A report may be worth hours of work, so it outlasts a deploy and a short outage. */
const TRY_TO_REPORT_FOR_SECONDS = 300;

/** Proxies close lines that are silent for a minute, so a call that waits longer asks again. */
const MAX_WAIT_SECONDS = 55;

/** What the service is asked to do with a task, a queue or the like. */
export interface Command {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** What follows the URL of the task or the like. */
  readonly path: string;
  readonly body?: object;
  /** The parent of a task that the body names none for. */
  readonly parent?: string | undefined;
  /** How long the service is asked to park the request, in seconds. */
  readonly waitSeconds?: number;
  /** Whether it says how an attempt ended, which must not be lost. */
  readonly isReport?: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The calls of a client, each tried again for a while if the service cannot be reached. */
export class Calls {
  readonly service: Service;

  constructor(options: TaskClientOptions) {
    this.service = new Service(options);
  }

  /** A command about a task, which is answered with its state. */
  async task(id: string, command: Command): Promise<TaskState> {
    return this.ask(this.service.taskUrl(id), command, (status, body) =>
      status < 300 && isTaskState(body, id) ? body : undefined,
    );
  }

  /** A command about what has this URL; `read` is that of `Service.ask`. */
  async ask<Answer>(
    baseUrl: string,
    command: Command,
    read: (status: number, body: unknown) => Answer | undefined,
  ): Promise<Answer> {
    const { path, waitSeconds = 0, isReport = false, signal } = command;
    return retry(
      () => this.service.ask({ ...command, url: baseUrl + path }, read),
      // A line that is cut at the end of the wait still gets its second try.
      waitSeconds + (isReport ? TRY_TO_REPORT_FOR_SECONDS : TRY_FOR_SECONDS),
      signal,
      (error) => isReport && this.#mayBeReportedLater(error),
    );
  }

  /**
   * Asks again and again, with how long the service may park the request, until an answer is the one
   * to wait for, or so many seconds are over. Returns the last answer.
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
      // Something in between answers without waiting; do not ask it in a tight loop.
      if (nowMs - askedAtMs < PARKED_AT_LEAST_MS) {
        await delay(PARKED_AT_LEAST_MS, signal, true);
      }
    }
  }

  /** Whether somebody else refused, or the token ran out and the next one is not there yet. */
  #mayBeReportedLater(error: unknown): boolean {
    if (!(error instanceof RequestRefusedError)) return false;
    return error.problem === null || (error.status === 401 && this.service.renewsToken);
  }
}
