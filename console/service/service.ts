import type { Problem } from "../../worker-client/protocol-problems.ts";
import { noteServiceTime } from "../ui/clock.ts";
import { token } from "./session.ts";

const RESPONSE_TIMEOUT_MS = 20_000;

/** A request that failed or was refused. */
export class ServiceError extends Error {
  /** The HTTP status, or 0 if there was no response. */
  readonly status: number;
  /** The last part of the problem's type, or null if the response did not come from the service. */
  readonly problem: string | null;

  constructor(status: number, problem: string | null, detail: string) {
    super(detail);
    this.name = "ServiceError";
    this.status = status;
    this.problem = problem;
  }

  /** Whether it can help to retry later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: object;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds that the response may take, or null for no limit. Default: 20,000. */
  readonly withinMs?: number | null;
}

/** Sends a request to the service. Throws a `ServiceError` unless the status is 2xx or 304. */
export async function request(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = "GET", body, signal, withinMs = RESPONSE_TIMEOUT_MS } = options;
  const headers = new Headers(options.headers);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (token.value !== null) headers.set("Authorization", `Bearer ${token.value}`);
  const signals = [signal, withinMs === null ? undefined : AbortSignal.timeout(withinMs)];
  const response = await fetchOrThrow(path, {
    method,
    headers,
    // Because of its cache, a browser sends requests for the same URL one after the other.
    cache: "no-store",
    credentials: "omit",
    referrerPolicy: "no-referrer",
    redirect: "error",
    signal: AbortSignal.any(signals.filter((one) => one !== undefined)),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  noteServiceTime(Date.parse(response.headers.get("Date") ?? ""));
  if (response.ok || response.status === 304) return response;
  throw await errorFrom(response);
}

/** Sends a request and returns the JSON of its response. Throws a `ServiceError`. */
export async function ask<Answer>(path: string, options?: RequestOptions): Promise<Answer> {
  const response = await request(path, options);
  try {
    const answer: Answer = await response.json();
    return answer;
  } catch {
    throw new ServiceError(0, null, "The service's response was cut off.");
  }
}

async function fetchOrThrow(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted && error instanceof Error && error.name === "AbortError") throw error;
    if (error instanceof Error && error.name === "TimeoutError") {
      throw new ServiceError(0, null, "The service did not respond in time.");
    }
    throw new ServiceError(0, null, "The service cannot be reached.");
  }
}

async function errorFrom(response: Response): Promise<ServiceError> {
  const { status } = response;
  try {
    const { type, detail }: Partial<Problem> = await response.json();
    const [, kind = null] = /^urn:edge-canceler:problem:([a-z-]+)$/.exec(type ?? "") ?? [];
    if (kind !== null && typeof detail === "string") return new ServiceError(status, kind, detail);
  } catch {
    // The response did not come from the service.
  }
  return new ServiceError(
    status,
    null,
    `The response had status ${status}, and did not come from the service.`,
  );
}

/** Turns anything thrown into an error that can be shown. */
export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError(0, null, error instanceof Error ? error.message : String(error));
}

/** The path of a task. */
export function taskPath(id: string, rest = ""): string {
  return `/v1/tasks/${encodeURIComponent(id)}${rest}`;
}
