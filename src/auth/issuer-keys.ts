import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { ProblemError } from "../http/problem.ts";
import { logLine } from "../log-line.ts";
import { CLAIM_CHECKS, type TokenKeys } from "./secret-keys.ts";

/** Asymmetric ones only: a public key must never be taken for a secret. */
const ALGORITHMS = ["RS256", "ES256", "EdDSA"];
/** How often a token with an unknown key may make us ask the issuer for its keys. */
const ASK_AGAIN_AFTER_MS = 60_000;
/** How long an issuer that gave no keys is left in peace. */
const LEFT_IN_PEACE_MS = 5000;
const ANSWER_WITHIN_MS = 5000;
const MAX_KEY_SET_BYTES = 256 * 1024;
const LOOK_EVERY_MS = 20;

/** Errors of an answer that is not a key set, or of no answer at all. */
const NO_KEY_SET = [errors.JWKSInvalid.code, errors.JWKSTimeout.code, errors.JOSEError.code];

interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  /** Where its keys are. The deployment says so, never the token. */
  readonly jwksUrl: URL;
}

/** The public keys of an OpenID Connect issuer. */
export class IssuerKeys implements TokenKeys {
  readonly #issuer: Issuer;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  /** When a request began to ask for the keys; null if none is asking. */
  #askedSinceMs: number | null = null;
  /** What the issuer answered last. */
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
      // Whatever else goes wrong, down to a key that cannot be used, is not the token's fault.
      throw this.#unreachable(error);
    }
  }

  /** Fetches the keys. A fetch that fails is the issuer's failure, not the token's. */
  async #fetch(url: string, options: RequestInit): Promise<Response> {
    // A Worker's request cannot wait for the fetch of another one, but it can look at what came of it.
    const isOther = this.#isAsked;
    while (this.#isAsked) await scheduler.wait(LOOK_EVERY_MS);
    if (Date.now() < this.#failedAtMs + LEFT_IN_PEACE_MS) throw keysUnreachable();
    if (isOther && this.#askedSinceMs === null) return new Response(this.#published);
    this.#askedSinceMs = Date.now();
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) throw new Error(`HTTP status ${response.status}`);
      this.#published = await keySetIn(response, options.signal);
      return new Response(this.#published);
    } catch (cause) {
      throw this.#unreachable(cause);
    } finally {
      this.#askedSinceMs = null;
    }
  }

  /** A request that began longer ago was cut off, and will not say so. */
  get #isAsked(): boolean {
    return this.#askedSinceMs !== null && Date.now() < this.#askedSinceMs + ANSWER_WITHIN_MS;
  }

  #unreachable(cause: unknown): ProblemError {
    this.#failedAtMs = Date.now();
    const { href } = this.#issuer.jwksUrl;
    console.error(logLine("keys_unreachable", { url: href, error: String(cause) }));
    return keysUnreachable(cause);
  }
}

/** Reads the answer; one that is too large or too slow is given up while it comes. */
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
    { cause, headers: { "Retry-After": String(LEFT_IN_PEACE_MS / 1000) } },
  );
}
