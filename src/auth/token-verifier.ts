import { base64url, decodeProtectedHeader, errors, type JWTPayload } from "jose";
import { ProblemError } from "../http/problem.ts";
import { type Caller, callerFromClaims } from "./caller.ts";
import type { TokenKeys } from "./secret-keys.ts";

const MAX_TOKEN_CHARACTERS = 8192;
const MAX_CACHED = 1000;

interface VerifierOptions {
  /** Null if the service has no keys of this kind. */
  readonly secretKeys: TokenKeys | null;
  readonly issuerKeys: TokenKeys | null;
  /** Turns the claims of the issuer's tokens into the service's own. */
  readonly translate: (claims: JWTPayload) => JWTPayload;
}

/**
 * Verifies tokens and returns their callers. Caches a verified token until it expires, so that its
 * signature is checked once, and evicts the least recently used one when the cache is full.
 */
export class TokenVerifier {
  readonly #options: VerifierOptions;
  readonly #cache = new Map<string, Caller>();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Returns who holds a token. Throws a 401 if the token is not accepted. */
  async callerOf(token: string): Promise<Caller> {
    const known = this.#recall(token);
    if (known !== null) return known;
    if (token.length > MAX_TOKEN_CHARACTERS) {
      throw unauthorized(`The token is longer than ${MAX_TOKEN_CHARACTERS} characters.`, {
        isRefused: true,
      });
    }
    if (!isCanonical(token)) {
      throw unauthorized(
        "The token's signature is not canonical base64url: send it as it was issued.",
        {
          isRefused: true,
        },
      );
    }
    try {
      const caller = callerFromClaims(await this.#claimsOf(token));
      this.#remember(token, caller);
      return caller;
    } catch (error) {
      throw refusedToken(error);
    }
  }

  /** The token's algorithm selects the keys, which accept only their own algorithms. */
  async #claimsOf(token: string): Promise<JWTPayload> {
    const { secretKeys, issuerKeys, translate } = this.#options;
    const isForSecret = algorithmOf(token) === "HS256";
    if (isForSecret && secretKeys) return secretKeys.verify(token);
    if (!isForSecret && issuerKeys) return translate(await issuerKeys.verify(token));
    throw unauthorized("The token is not signed with a key of this service.", { isRefused: true });
  }

  #recall(token: string): Caller | null {
    const caller = this.#cache.get(token);
    if (caller === undefined) return null;
    this.#cache.delete(token);
    if (Date.now() >= (caller.expiresAtMs ?? 0)) return null;
    this.#cache.set(token, caller);
    return caller;
  }

  #remember(token: string, caller: Caller): void {
    const [oldest] = this.#cache.keys();
    if (this.#cache.size >= MAX_CACHED && oldest !== undefined) this.#cache.delete(oldest);
    this.#cache.set(token, caller);
  }
}

/**
 * Whether the signature is canonical base64url: no padding, no stray bits at the end. The signature
 * covers the spelling of header and payload, so each token has exactly one accepted spelling.
 */
function isCanonical(token: string): boolean {
  const signature = token.slice(token.lastIndexOf(".") + 1);
  try {
    return base64url.encode(base64url.decode(signature)) === signature;
  } catch {
    return false;
  }
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch (cause) {
    throw unauthorized("The token is not a JWT.", { isRefused: true, cause });
  }
}

/** Returns the error that a client gets for a token that cannot be verified. It quotes nothing of the token. */
function refusedToken(cause: unknown): unknown {
  if (cause instanceof ProblemError || !(cause instanceof errors.JOSEError)) return cause;
  return unauthorized(detailOf(cause), { isRefused: true, cause });
}

function detailOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "The token has expired: get a new one.";
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (reason === "missing") return `The token lacks the claim "${claim}": get one that has it.`;
    if (claim === "nbf") return "The token is not valid yet: try again later.";
    return `The token's ${claim} is not what this service expects.`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "The token is not signed with a key of this service.";
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return "The token is signed with a key that its issuer does not have.";
  }
  return "The token is not a signed JWT of a kind that this service accepts.";
}

const CHALLENGE = 'Bearer realm="edge-canceler"';

interface UnauthorizedOptions {
  /** Whether the request had a token that was not accepted. */
  readonly isRefused: boolean;
  readonly cause?: unknown;
}

/** Makes a 401 with the challenge of RFC 6750, for a token that is missing or not accepted. */
export function unauthorized(
  detail: string,
  { isRefused, cause }: UnauthorizedOptions,
): ProblemError {
  return new ProblemError("unauthorized", detail, {
    cause,
    headers: { "WWW-Authenticate": isRefused ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE },
  });
}
