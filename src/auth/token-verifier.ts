import { decodeProtectedHeader, type JWTPayload } from "jose";
import type { Caller } from "./caller.ts";
import { callerFromClaims } from "./caller-from-claims.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./clock-tolerance-seconds.ts";
import { refusedToken } from "./refused-token.ts";
import type { TokenKeys } from "./token-keys.ts";
import { unauthorized } from "./unauthorized.ts";

const MAX_TOKEN_CHARACTERS = 8192;
const MAX_REMEMBERED = 1000;

interface Options {
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
  readonly #options: Options;
  readonly #remembered = new Map<string, Caller>();

  constructor(options: Options) {
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
