import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";
import { onTestFinished, vi } from "vitest";
import { withSettings } from "./harness.ts";

const NAMES = { iss: "https://issuer.example", aud: "us" };

type Algorithm = "RS256" | "ES256" | "EdDSA" | "RS512";

/** An OpenID Connect issuer, whose tokens the service accepts until the end of the test. */
export class Issuer {
  /** How often it was asked for its keys. */
  asked = 0;
  /** What it answers to that. */
  answer = () => Response.json(this.#published);
  readonly #published: JSONWebKeySet = { keys: [] };
  readonly #private = new Map<string, CryptoKey>();

  constructor(claims?: readonly object[]) {
    withSettings({
      AUTH: undefined,
      AUTH_ISSUER: NAMES.iss,
      AUTH_AUDIENCE: NAMES.aud,
      // Every test has an issuer of its own, whose keys nobody has seen.
      AUTH_JWKS_URL: `https://issuer.example/${crypto.randomUUID()}`,
      AUTH_CLAIMS: claims === undefined ? undefined : JSON.stringify(claims),
    });
    const fetch = vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
      this.asked += 1;
      return this.answer();
    });
    onTestFinished(() => fetch.mockRestore());
  }

  /** Makes a key and, unless told otherwise, publishes it. */
  async addKey(kid: string, alg: Algorithm = "ES256", isPublished = true): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    this.#private.set(kid, privateKey);
    if (isPublished) this.#published.keys.push({ ...(await exportJWK(publicKey)), kid, alg });
  }

  removeKeys(): void {
    this.#published.keys.length = 0;
  }

  get publishedKeys(): JSONWebKeySet {
    return this.#published;
  }

  async mint(kid: string, claims: object = {}, alg: Algorithm = "ES256"): Promise<string> {
    const key = this.#private.get(kid);
    if (key === undefined) throw new Error(`there is no key ${kid}`);
    const all: Record<string, unknown> = { sub: "job", ...NAMES, exp: Date.now() / 1000 + 300 };
    return new SignJWT({ ...all, ...claims }).setProtectedHeader({ alg, kid }).sign(key);
  }
}
