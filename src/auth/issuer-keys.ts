import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { ProblemError } from "../http/problem.ts";
import { logLine } from "../log-line.ts";
import { CLAIM_CHECKS, type TokenKeys } from "./secret-keys.ts";

/** Asymmetric ones only: a public key must never be used as a secret. */
const ALGORITHMS = ["RS256", "ES256", "EdDSA"];
/** How often tokens with an unknown key may make us fetch the issuer's keys. */
const ASK_AGAIN_AFTER_MS = 60_000;
/** How long to back off after the keys could not be fetched. */
const BACKOFF_MS = 5000;
const ANSWER_WITHIN_MS = 5000;
const MAX_KEY_SET_BYTES = 256 * 1024;
const POLL_EVERY_MS = 20;

/** The codes of errors for a response that is not a key set, or no response at all. */
const NO_KEY_SET = [errors.JWKSInvalid.code, errors.JWKSTimeout.code, errors.JOSEError.code];

interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  /** Where its keys are. Set by the deployment, never by the token. */
  readonly jwksUrl: URL;
}

/** The public keys of an OpenID Connect issuer. */
export class IssuerKeys implements TokenKeys {
  readonly #issuer: Issuer;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  /** When a request began to fetch the keys, or null if none is fetching them. */
  #fetchingSinceMs: number | null = null;
  /** The key set that the issuer returned last. */
  #published = "";

  constructor(issuer: Issuer) {
    this.#issuer = issuer;
    this.#keys = createRemoteJWKSet(issuer.jwksUrl, {
      cooldownDuration: ASK_AGAIN_AFTER_MS,
      timeoutDuration: ANSWER_WITHIN_MS,
      [customFetch]: (url, options) => this.#fetch(url, options),
    });
  }

  async verify(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.#issuer;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        ...CLAIM_CHECKS,
        algorithms: ALGORITHMS,
        issuer,
        audience,
      });
      return payload;
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      if (error instanceof errors.JOSEError && !NO_KEY_SET.includes(error.code)) throw error;
      // No other error, not even a key that cannot be used, is the token's fault.
      throw this.#unreachable(error);
    }
  }

  /** Fetches the keys. A fetch that fails is the issuer's failure, not the token's. */
  async #fetch(url: string, options: RequestInit): Promise<Response> {
    // A Worker's request cannot await the fetch of another one, but it can poll for the result.
    const isOther = this.#isFetching;
    while (this.#isFetching) await scheduler.wait(POLL_EVERY_MS);
    if (Date.now() < this.#failedAtMs + BACKOFF_MS) throw keysUnreachable();
    if (isOther && this.#fetchingSinceMs === null) return new Response(this.#published);
    this.#fetchingSinceMs = Date.now();
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
      this.#published = await keySetIn(response, options.signal);
      return new Response(this.#published);
    } catch (cause) {
      throw this.#unreachable(cause);
    } finally {
      this.#fetchingSinceMs = null;
    }
  }

  /** Whether a request is fetching the keys. One that began too long ago was cut off, and can no longer say so. */
  get #isFetching(): boolean {
    return this.#fetchingSinceMs !== null && Date.now() < this.#fetchingSinceMs + ANSWER_WITHIN_MS;
  }

  #unreachable(cause: unknown): ProblemError {
    this.#failedAtMs = Date.now();
    const { href } = this.#issuer.jwksUrl;
    console.error(logLine("keys_unreachable", { url: href, error: String(cause) }));
    return keysUnreachable(cause);
  }
}

/** Reads the response. Throws as soon as it is too large or too slow. */
async function keySetIn({ body }: Response, signal: RequestInit["signal"]): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const read = new WritableStream<Uint8Array>({
    write(chunk) {
      length += chunk.byteLength;
      if (length > MAX_KEY_SET_BYTES) throw new Error(`more than ${MAX_KEY_SET_BYTES} bytes`);
      chunks.push(chunk);
    },
  });
  await body?.pipeTo(read, { ...(signal && { signal }) });
  return new Blob(chunks).text();
}

function keysUnreachable(cause?: unknown): ProblemError {
  return new ProblemError(
    "keys-unreachable",
    "The token cannot be checked now, but may be valid: try again.",
    { cause, headers: { "Retry-After": String(BACKOFF_MS / 1000) } },
  );
}
