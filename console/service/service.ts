import type { Problem } from "../../worker-client/protocol-problems.ts";
import { noteServiceTime } from "../ui/clock.ts";
import { token } from "./session.ts";

const ANSWER_WITHIN_MS = 20_000;

/** A request that did not come to what it was for. */
export class ServiceError extends Error {
  /** 0: no answer came. */
  readonly status: number;
  /** The last part of the problem's type; null if the answer was not the service's own. */
  readonly problem: string | null;

  constructor(status: number, problem: string | null, detail: string) {
    super(detail);
    this.name = "ServiceError";
    this.status = status;
    this.problem = problem;
  }

  /** Whether trying again later can help. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: object;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer may take, in milliseconds; null: as long as it likes. */
  readonly withinMs?: number | null;
}

/** Asks the service, and returns its answer if that is a good one. Throws a `ServiceError`. */
export async function request(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = "GET", body, signal, withinMs = ANSWER_WITHIN_MS } = options;
  const headers = new Headers(options.headers);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (token.value !== null) headers.set("Authorization", `Bearer ${token.value}`);
  const signals = [signal, withinMs === null ? undefined : AbortSignal.timeout(withinMs)];
  const response = await answerTo(path, {
    method,
    headers,
    // A browser lets requests for one URL wait for each other because of its cache.
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

/** The same for an answer in JSON. */
export async function ask<Answer>(path: string, options?: RequestOptions): Promise<Answer> {
  const response = await request(path, options);
  try {
    const answer: Answer = await response.json();
    return answer;
  } catch {
    throw new ServiceError(0, null, "The service's answer was cut off.");
  }
}

async function answerTo(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted && error instanceof Error && error.name === "AbortError") throw error;
    if (error instanceof Error && error.name === "TimeoutError") {
      throw new ServiceError(0, null, "The service did not answer in time.");
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
    // Not ours: it is told below.
  }
  return new ServiceError(
    status,
    null,
    `The answer had status ${status}, and was not the service's.`,
  );
}

/** Turns whatever was thrown into what can be shown. */
export function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError(0, null, error instanceof Error ? error.message : String(error));
}

/** The path of a task. */
export function taskPath(id: string, rest = ""): string {
  return `/v1/tasks/${encodeURIComponent(id)}${rest}`;
}
