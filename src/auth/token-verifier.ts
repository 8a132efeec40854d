import { decodeProtectedHeader, errors, type JWTPayload } from "jose";
import { ProblemError } from "../http/problem.ts";
import { type Caller, callerFromClaims } from "./caller.ts";
import { CLOCK_TOLERANCE_SECONDS, type TokenKeys } from "./secret-keys.ts";

const MAX_TOKEN_CHARACTERS = 8192;
const MAX_REMEMBERED = 1000;

interface VerifierOptions {
  /** Null: there are none of this kind. */
  readonly secretKeys: TokenKeys | null;
  readonly issuerKeys: TokenKeys | null;
  /** What the claims of the issuer's tokens say in the words of this service. */
  readonly translate: (claims: JWTPayload) => JWTPayload;
}

/**
 * Knows who a token speaks for. A verified token is remembered until it expires, so that the cost
 * of its signature is paid once; so many at most, and the one that was not seen longest goes first.
 */
export class TokenVerifier {
  readonly #options: VerifierOptions;
  readonly #remembered = new Map<string, Caller>();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Throws the 401 that the client gets if the token is not accepted. */
  async callerOf(token: string): Promise<Caller> {
    const known = this.#recall(token);
    if (known !== null) return known;
    if (token.length > MAX_TOKEN_CHARACTERS) {
      throw unauthorized(`The token is longer than ${MAX_TOKEN_CHARACTERS} characters.`, {
        isRefused: true,
      });
    }
    try {
      const caller = callerFromClaims(await this.#claimsOf(token));
      this.#remember(token, caller);
      return caller;
    } catch (error) {
      throw refusedToken(error);
    }
  }

  /** Which keys are asked depends on the algorithm, and each accepts its own algorithms only. */
  async #claimsOf(token: string): Promise<JWTPayload> {
    const { secretKeys, issuerKeys, translate } = this.#options;
    const isForSecret = algorithmOf(token) === "HS256";
    if (isForSecret && secretKeys) return secretKeys.verify(token);
    if (!isForSecret && issuerKeys) return translate(await issuerKeys.verify(token));
    throw unauthorized("The token is not signed with a key of this service.", { isRefused: true });
  }

  #recall(token: string): Caller | null {
    const caller = this.#remembered.get(token);
    if (caller === undefined) return null;
    this.#remembered.delete(token);
    const goodUntilMs = (caller.expiresAtMs ?? 0) + CLOCK_TOLERANCE_SECONDS * 1000;
    if (Date.now() >= goodUntilMs) return null;
    this.#remembered.set(token, caller);
    return caller;
  }

  #remember(token: string, caller: Caller): void {
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    this.#remembered.set(token, caller);
  }
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch (cause) {
    throw unauthorized("The token is no JWT.", { isRefused: true, cause });
  }
}

/** What a client is told of a token that cannot be verified. Nothing of the token is in it. */
function refusedToken(cause: unknown): unknown {
  if (cause instanceof ProblemError || !(cause instanceof errors.JOSEError)) return cause;
  return unauthorized(detailOf(cause), { isRefused: true, cause });
}

function detailOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "The token has expired: get a new one.";
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (reason === "missing") return `The token has no ${claim}: it must say so.`;
    if (claim === "nbf") return "The token is not valid yet: come back later.";
    return `The token's ${claim} is not what this service expects.`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "The token is not signed with a key of this service.";
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return "The token is signed with a key that its issuer does not have.";
  }
  return "The token is no signed JWT of a kind that this service accepts.";
}

const CHALLENGE = 'Bearer realm="edge-canceler"';

interface UnauthorizedOptions {
  /** Whether the request had a token, that is not accepted. */
  readonly isRefused: boolean;
  readonly cause?: unknown;
}

/** 401, with the challenge of RFC 6750: the request has no token, or none that is accepted. */
export function unauthorized(
  detail: string,
  { isRefused, cause }: UnauthorizedOptions,
): ProblemError {
  return new ProblemError("unauthorized", detail, {
    cause,
    headers: { "WWW-Authenticate": isRefused ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE },
  });
}
