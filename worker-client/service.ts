import { ANSWER_WITHIN_SECONDS, answerFrom, readText } from "./answer.ts";
import { RequestRefusedError, ServiceUnreachableError } from "./errors.ts";
import type { FetchedResponse, SocketLike, TaskClientOptions } from "./options.ts";
import { PollPlaces } from "./poll-places.ts";
import { WEBSOCKET_PROTOCOL } from "./protocol.ts";
import { PARENT_HEADER } from "./protocol-trees.ts";
import { escapeTaskId, TASK_ID_PATTERN, TASK_ID_RULE } from "./task-id.ts";
import { tokenSource } from "./token.ts";
import { isProblem, parseJson } from "./wire.ts";

/** Statuses below 500 that mean "later", not "no". */
const TRANSIENT_STATUSES = [408, 425, 429];

interface Request {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly url: string;
  readonly body?: object;
  /** The task's parent if the body names none. */
  readonly parent?: string | undefined;
  /** How long the service may park the request, in seconds. */
  readonly waitSeconds?: number;
  /** How long the response may take beyond that, in seconds. Default: 10. */
  readonly withinSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The service that the options name: its URLs, and requests to it. */
export class Service {
  /** Returns the token to send, if there is one. Tries to replace a token that is given as `expired`. */
  readonly token: ReturnType<typeof tokenSource>;
  readonly pollPlaces: PollPlaces = new PollPlaces();
  /** Whether a new token may become available after one was refused. */
  readonly renewsToken: boolean;
  readonly #url: string;
  readonly #fetch: TaskClientOptions["fetch"];

  readonly #WebSocket: TaskClientOptions["WebSocket"];

  constructor(options: TaskClientOptions) {
    const { protocol, origin, pathname, username, password } = new URL(options.url);
    if (username || password) {
      throw new TypeError("url must not contain a user name or password: give a token instead");
    }
    if (!/^https?:$/.test(protocol)) {
      throw new TypeError(`url must begin with https:// or http://, not ${options.url}`);
    }
    this.#url = origin + pathname.replace(/\/+$/, "");
    this.token = tokenSource(options.token);
    this.renewsToken = typeof options.token === "function";
    this.#fetch = options.fetch;
    this.#WebSocket = options.WebSocket;
  }

  /** The beginning of every URL of the API. */
  get apiUrl(): string {
    return `${this.#url}/v1`;
  }

  /** Escapes what an id cannot contain. Throws a `TypeError` if the id is invalid even then. */
  taskUrl(id: string): string {
    return this.#urlOf("tasks", id, "task id");
  }

  /** The same for the name of a queue, which follows the rules for ids. */
  queueUrl(queue: string): string {
    return this.#urlOf("queues", queue, "queue");
  }

  #urlOf(kind: string, id: string, what: string): string {
    const escaped = typeof id === "string" ? escapeTaskId(id) : "";
    if (TASK_ID_PATTERN.test(escaped)) return `${this.#url}/v1/${kind}/${escaped}`;
    throw new TypeError(`"${id}" is not a valid ${what}: ${TASK_ID_RULE}`);
  }

  /** Opens a WebSocket, or returns null if there is no `WebSocket` to use. */
  openSocket(url: string, token: string | undefined): SocketLike | null {
    const WebSocket = this.#WebSocket ?? (this.#fetch ? undefined : globalThis.WebSocket);
    if (WebSocket === undefined) return null;
    // Browsers cannot set headers on a WebSocket, so the token goes with the subprotocols.
    const protocols = [WEBSOCKET_PROTOCOL];
    if (token) protocols.push(`bearer.${token}`);
    try {
      return new WebSocket(url.replace(/^http/, "ws"), protocols);
    } catch {
      // The runtime rejects the URL or the token. A request will say what is wrong.
      return null;
    }
  }

  /**
   * Sends a request, with a timeout, and sends it again if the token is refused and there is a new one.
   * `read` turns the status and the JSON body into the result, or returns `undefined` if they are not
   * what the service responds with on success.
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
    throw new ServiceUnreachableError(request.url + whatAnswered(status, body), {
      retryAfterSeconds: Number(response.headers.get("Retry-After")) || 0,
    });
  }

  async #send(request: Request, token: string | undefined): Promise<[FetchedResponse, unknown]> {
    const { method, url, body, parent, waitSeconds = 0, signal } = request;
    const withinSeconds = waitSeconds + (request.withinSeconds ?? ANSWER_WITHIN_SECONDS);
    // A body that cannot be JSON is the caller's mistake, not a failure of the service.
    const text = body && JSON.stringify(body);
    const fetch = this.#fetch ?? globalThis.fetch;
    return answerFrom(url, withinSeconds, signal, async (signal) => {
      const response = await fetch(url, {
        method,
        signal,
        // Another address must neither get the token nor say what happened to the task.
        redirect: "manual",
        headers: {
          ...(text && { "Content-Type": "application/json" }),
          ...(parent && { [PARENT_HEADER]: parent }),
          ...(token && { Authorization: `Bearer ${token}` }),
        },
        ...(text && { body: text }),
      });
      if (isRedirect(response)) throw this.#redirectError(url, response.headers.get("Location"));
      return [response, parseJson(await readText(response))];
    });
  }

  #redirectError(url: string, location: string | null): ServiceUnreachableError {
    if (location === null || !URL.canParse(location, url)) {
      return new ServiceUnreachableError(`the address ${this.#url} redirects elsewhere`);
    }
    const { origin, pathname, search } = new URL(location, url);
    const target = origin + pathname + search;
    const path = url.slice(this.#url.length);
    return new ServiceUnreachableError(
      target.endsWith(path)
        ? `the address redirects to ${target.slice(0, -path.length)}: use that`
        : `the address redirects to ${origin + pathname}, which is not the service`,
    );
  }
}

/** A network that asks for a sign-in first answers every request with its own page. */
function whatAnswered(status: number, body: unknown): string {
  const said = ` answered with HTTP status ${status}`;
  return status < 300 && body === undefined
    ? `${said} and no JSON: perhaps a network's sign-in page`
    : said;
}

/** A browser hides a redirect's target, and even its status. */
function isRedirect({ status }: FetchedResponse): boolean {
  return status === 0 || (status >= 300 && status < 400 && status !== 304);
}
