import { RequestRefusedError, ServiceUnreachableError } from "./errors.ts";
import type { ClientSocket, FetchedResponse, TaskClientOptions } from "./options.ts";
import { PollPlaces } from "./poll-places.ts";
import { TASK_ID_PATTERN, TASK_ID_RULE, WEBSOCKET_PROTOCOL } from "./protocol.ts";
import { startTimer } from "./timer.ts";
import { tokenSource } from "./token.ts";
import { isProblem, parseJson } from "./wire.ts";

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

/** The service as the client reaches it. */
export class Service {
  /** The token to send, if there is any: another than the expired one, if there may be. */
  readonly token: ReturnType<typeof tokenSource>;
  readonly pollPlaces: PollPlaces = new PollPlaces();
  readonly #url: string;
  readonly #fetch: TaskClientOptions["fetch"];
  readonly #WebSocket: TaskClientOptions["WebSocket"];

  constructor(options: TaskClientOptions) {
    const { protocol, origin, pathname } = new URL(options.url);
    if (!/^https?:$/.test(protocol)) {
      throw new TypeError(`url must begin with https:// or http://, not ${options.url}`);
    }
    this.#url = origin + pathname.replace(/\/+$/, "");
    this.token = tokenSource(options.token);
    this.#fetch = options.fetch;
    this.#WebSocket = options.WebSocket;
  }

  /** Throws a `TypeError` for what is no task id, before anything is sent. */
  taskUrl(id: string): string {
    if (typeof id === "string" && TASK_ID_PATTERN.test(id)) return `${this.#url}/v1/tasks/${id}`;
    throw new TypeError(`"${id}" is not a valid task id: ${TASK_ID_RULE}`);
  }

  /** Opens a WebSocket. Returns null if there is none, or only the caller's own `fetch` is to be used. */
  openSocket(url: string, token: string | undefined): ClientSocket | null {
    if (this.#fetch && !this.#WebSocket) return null;
    // Browsers let a WebSocket carry no header, so the token goes with the subprotocols.
    const protocols = [WEBSOCKET_PROTOCOL];
    if (token) protocols.push(`bearer.${token}`);
    try {
      const Socket = this.#WebSocket ?? globalThis.WebSocket;
      return new Socket(url.replace(/^http/, "ws"), protocols);
    } catch {
      // The runtime has no WebSocket, or takes no such URL or token for one; a request tells.
      return null;
    }
  }

  /**
   * Asks once, with a time-out; once more if the token is refused and there is a new one. `read`
   * makes the answer of a status and a JSON body; where it makes `undefined`, the answer is no answer.
   */
  async ask<Answer>(
    request: Request,
    read: (status: number, body: unknown) => Answer | undefined,
  ): Promise<Answer> {
    const token = await this.token(request.signal);
    let [response, body] = await this.#send(request, token);
    if (response.status === 401) {
      const renewed = await this.token(request.signal, token);
      if (renewed !== token) [response, body] = await this.#send(request, renewed);
    }
    const { status } = response;
    const answer = read(status, body);
    if (answer !== undefined) return answer;
    if (status >= 400 && status < 500 && !TRANSIENT_STATUSES.includes(status)) {
      throw new RequestRefusedError(status, isProblem(body) ? body : null);
    }
    throw new ServiceUnreachableError(`${request.url} answered with HTTP status ${status}`, {
      retryAfterSeconds: Number(response.headers.get("Retry-After")) || 0,
    });
  }

  async #send(request: Request, token: string | undefined): Promise<[FetchedResponse, unknown]> {
    const { method, url, body, waitSeconds = 0, signal } = request;
    // What cannot be JSON is the caller's mistake, and no failure of the service.
    const text = body && JSON.stringify(body);
    const fetch = this.#fetch ?? globalThis.fetch;
    return answerFrom(url, waitSeconds, signal, async (signal) => {
      const response = await fetch(url, {
        method,
        signal,
        headers: {
          ...(text && { "Content-Type": "application/json" }),
          ...(token && { Authorization: `Bearer ${token}` }),
        },
        ...(text && { body: text }),
      });
      return [response, parseJson(await response.text())];
    });
  }
}

/**
 * What a source answers that is asked to wait so many seconds. Rejects with the signal's reason as
 * soon as it aborts; with a `ServiceUnreachableError` if asking fails, or takes too long. The signal
 * that `ask` is handed aborts when it is given up.
 */
export function answerFrom<Answer>(
  source: string,
  waitSeconds: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = new AbortController();
    const fail = (cause?: unknown) => {
      end.abort();
      // The caller's own abort is no failure.
      if (signal?.aborted) reject(signal.reason);
      else reject(new ServiceUnreachableError(`no answer from ${source}`, { cause }));
    };
    const stopTimer = startTimer((ANSWER_WITHIN_SECONDS + waitSeconds) * 1000, fail, signal);
    ask(end.signal).then(resolve, fail).finally(stopTimer);
  });
}

/** How long the service may take for an answer, besides the time that it was asked to wait. */
export const ANSWER_WITHIN_SECONDS = 10;
