import { ANSWER_WITHIN_SECONDS } from "./answer-within-seconds.ts";
import { RequestRefusedError } from "./errors/request-refused-error.ts";
import { ServiceUnreachableError } from "./errors/service-unreachable-error.ts";
import { isProblem } from "./is-problem.ts";
import { parseJson } from "./parse-json.ts";
import { TASK_ID_PATTERN, WEBSOCKET_PROTOCOL } from "./protocol.ts";
import { startTimer } from "./start-timer.ts";
import type { TaskClientOptions } from "./task-client-options.ts";

/** Statuses below 500 that say "later", not "no". */
const TRANSIENT_STATUSES = [408, 425, 429];

interface Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly url: string;
  readonly body?: object;
  /** How long the service is asked to park the request, in seconds. */
  readonly waitSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Received {
  readonly response: Response;
  readonly text: string;
}

/** The service as the client reaches it. */
export class Service {
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #fetch: TaskClientOptions["fetch"];

  constructor(options: TaskClientOptions) {
    const { protocol, origin, pathname } = new URL(options.url);
    if (!/^https?:$/.test(protocol)) {
      throw new TypeError(`url must begin with https://, not ${options.url}`);
    }
    // The token itself is named nowhere.
    if (options.token && !/^[!-~]+$/.test(options.token)) {
      throw new TypeError("the token has to be of printable ASCII, without spaces");
    }
    this.#url = origin + pathname.replace(/\/+$/, "");
    this.#token = options.token;
    this.#fetch = options.fetch;
  }

  /** Throws a `TypeError` for what is no task id, before anything is sent. */
  taskUrl(id: string): string {
    if (typeof id === "string" && TASK_ID_PATTERN.test(id)) return `${this.#url}/v1/tasks/${id}`;
    throw new TypeError(`"${id}" is no task id: an id is 1 to 128 of A-Z a-z 0-9 . _ ~ : -`);
  }

  /** Opens a WebSocket; null where there is none, or where the caller's own `fetch` is to be used. */
  openSocket(url: string): WebSocket | null {
    if (this.#fetch || typeof WebSocket === "undefined") return null;
    // Browsers let a WebSocket carry no header, so the token goes with the subprotocols.
    const protocols = [WEBSOCKET_PROTOCOL];
    if (this.#token) protocols.push(`bearer.${this.#token}`);
    try {
      return new WebSocket(url.replace(/^http/, "ws"), protocols);
    } catch {
      // The runtime takes no such URL or token for a WebSocket; a request says what is wrong with it.
      return null;
    }
  }

  /**
   * Asks once, with a time-out. `read` makes the answer of a status and a JSON body; where it makes
   * `undefined`, the answer is no answer.
   */
  async ask<Answer>(
    request: Request,
    read: (status: number, body: unknown) => Answer | undefined,
  ): Promise<Answer> {
    const { response, text } = await this.#send(request);
    const { status } = response;
    const body = parseJson(text);
    const answer = read(status, body);
    if (answer !== undefined) return answer;
    if (status >= 400 && status < 500 && !TRANSIENT_STATUSES.includes(status)) {
      throw new RequestRefusedError(status, isProblem(body) ? body : null);
    }
    throw new ServiceUnreachableError(`${request.url} answered with HTTP status ${status}`, {
      retryAfterSeconds: Number(response.headers.get("Retry-After")) || 0,
    });
  }

  async #send({ method, url, body, waitSeconds = 0, signal }: Request): Promise<Received> {
    signal?.throwIfAborted();
    // What cannot be JSON is the caller's mistake, and no failure of the service.
    const text = body && JSON.stringify(body);
    const end = new AbortController();
    const timeoutMs = (ANSWER_WITHIN_SECONDS + waitSeconds) * 1000;
    const stopTimer = startTimer(timeoutMs, () => end.abort(), signal);
    const fetch = this.#fetch ?? globalThis.fetch;
    try {
      const response = await fetch(url, {
        method,
        signal: end.signal,
        headers: {
          ...(text && { "Content-Type": "application/json" }),
          ...(this.#token && { Authorization: `Bearer ${this.#token}` }),
        },
        ...(text && { body: text }),
      });
      return { response, text: await response.text() };
    } catch (cause) {
      // The caller's own abort is no failure of the service.
      signal?.throwIfAborted();
      throw new ServiceUnreachableError(`no answer from ${url}`, { cause });
    } finally {
      stopTimer();
    }
  }
}
