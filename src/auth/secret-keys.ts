import { errors, type JWTPayload, jwtVerify } from "jose";
import { unauthorized } from "./token-verifier.ts";

/** So far the clock of whoever made a token may be from ours. */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** What is asked of the claims of every token, whoever signed it. */
export const CLAIM_CHECKS = {
  clockTolerance: CLOCK_TOLERANCE_SECONDS,
  requiredClaims: ["exp", "sub"],
};

/** Keys of one kind, each good for its own algorithms only. */
export interface TokenKeys {
  /** The claims of a token, if it is signed by one of the keys and its time is now. Throws otherwise. */
  verify(token: string): Promise<JWTPayload>;
}

const ALGORITHMS = ["HS256"];
/** What `iss` and `aud` of such a token are, if it has them. */
const OWN_NAME = "edge-canceler";

interface Names {
  /** What the deployer calls the issuer and the service; such a token may say so, too. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** The service's own secrets: the one of today, and the one before while it is rotated. */
export class SecretKeys implements TokenKeys {
  readonly #keys: readonly Promise<CryptoKey>[];
  readonly #issuers: readonly string[];
  readonly #audiences: readonly string[];

  constructor(secrets: readonly string[], { issuer = OWN_NAME, audience = OWN_NAME }: Names) {
    this.#keys = secrets.map(importSecret);
    this.#issuers = [OWN_NAME, issuer];
    this.#audiences = [OWN_NAME, audience];
  }

  async verify(token: string): Promise<JWTPayload> {
    const claims = await this.#verifySignature(token);
    // Whoever shares the secret with another service must not get in with that one's tokens.
    if (!isOneOf(claims.iss, this.#issuers)) throw foreign("iss");
    const audiences = [claims.aud ?? OWN_NAME].flat();
    if (!audiences.some((name) => isOneOf(name, this.#audiences))) throw foreign("aud");
    return claims;
  }

  async #verifySignature(token: string): Promise<JWTPayload> {
    let refusal: unknown;
    for (const key of this.#keys) {
      try {
        const { payload } = await jwtVerify(token, await key, {
          ...CLAIM_CHECKS,
          algorithms: ALGORITHMS,
        });
        return payload;
      } catch (error) {
        refusal = error;
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
      }
    }
    throw refusal;
  }
}

function isOneOf(name: string | undefined, names: readonly string[]): boolean {
  return name === undefined || names.includes(name);
}

function foreign(claim: string) {
  return unauthorized(`The token's ${claim} says that it is not meant for this service.`, {
    isRefused: true,
  });
}

function importSecret(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
    "verify",
  ]);
}
