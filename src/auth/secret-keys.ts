import { errors, type JWTPayload, jwtVerify } from "jose";
import { unauthorized } from "./token-verifier.ts";

/** How far a token issuer's clock may be off. */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** The checks that every token must pass, no matter whose key signed it. */
export const CLAIM_CHECKS = {
  clockTolerance: CLOCK_TOLERANCE_SECONDS,
  requiredClaims: ["exp", "sub"],
};

/** Keys of one kind, which accept only their own algorithms. */
export interface TokenKeys {
  /** Returns the claims of a token that one of the keys has signed and that is valid now. Throws otherwise. */
  verify(token: string): Promise<JWTPayload>;
}

const ALGORITHMS = ["HS256"];
/** A token signed with a secret may have this `iss` and `aud`, or none. */
const OWN_NAME = "edge-canceler";

interface Names {
  /** The `iss` and `aud` that the operator has set; a token signed with a secret may have these too. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** The service's own secrets: the current one and, during a rotation, the previous one. */
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
    // Another service may have the same secret: its tokens must not be accepted here.
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
