import { errors, type JWTPayload, jwtVerify } from "jose";
import { unauthorized } from "./token-verifier.ts";

/** How far a token issuer's clock may be off. */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** What every token's claims must have, no matter whose key signed it. */
export const CLAIM_CHECKS = {
  clockTolerance: CLOCK_TOLERANCE_SECONDS,
  requiredClaims: ["exp", "sub"],
};

/** Keys of one kind, each good for its own algorithms only. */
export interface TokenKeys {
  /** Returns the claims of a token if one of the keys has signed it and it is valid now. Throws otherwise. */
  verify(token: string): Promise<JWTPayload>;
}

const ALGORITHMS = ["HS256"];
/** What `iss` and `aud` of such a token may be, if it has them. */
const OWN_NAME = "edge-canceler";

interface Names {
  /** What the operator calls the issuer and the service; such a token may use these names too. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** The service's own secrets: today's and, while it is being changed, the one before. */
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
    // If another service has the same secret, its tokens must not be accepted here.
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
