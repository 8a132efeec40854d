import { MIN_SECRET_BYTES } from "../../worker-client/protocol.ts";
import type { Env } from "../env.ts";
import { applyClaimRules, parseClaimRules } from "./claim-rules.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { SecretKeys } from "./secret-keys.ts";
import { TokenVerifier } from "./token-verifier.ts";

/** The access rule: everyone, holders of a valid token, or no one, if a setting is missing or wrong. */
type Access =
  | { readonly kind: "open" }
  | { readonly kind: "tokens"; readonly verifier: TokenVerifier }
  | { readonly kind: "closed"; readonly detail: string };

/** The settings that decide it. */
const SETTINGS = [
  "AUTH",
  "AUTH_SECRET",
  "AUTH_SECRET_PREVIOUS",
  "AUTH_ISSUER",
  "AUTH_AUDIENCE",
  "AUTH_JWKS_URL",
  "AUTH_CLAIMS",
] as const satisfies (keyof Env)[];

type Settings = Pick<Env, (typeof SETTINGS)[number]>;

let latest: { readonly settings: Settings; readonly access: Access } | null = null;

/** Returns who may use the service. Reads the settings and imports the keys again only when a setting changes. */
export function accessOf(env: Env): Access {
  const known = latest;
  if (known !== null && SETTINGS.every((name) => known.settings[name] === env[name])) {
    return known.access;
  }
  const access = readAccess(env);
  latest = { settings: { ...env }, access };
  return access;
}

const SECRETS = ["AUTH_SECRET", "AUTH_SECRET_PREVIOUS"] as const;

/** Reads the settings. If one is missing or invalid, the service stays closed. */
function readAccess(env: Env): Access {
  const issuer = env.AUTH_ISSUER;
  const audience = env.AUTH_AUDIENCE;
  const jwksUrl = env.AUTH_JWKS_URL;
  const hasIssuer = issuer || jwksUrl;
  if (!env.AUTH_SECRET && !hasIssuer) {
    return env.AUTH === "none" ? { kind: "open" } : closed(NOTHING_SET);
  }
  for (const name of SECRETS) {
    const secret = env[name];
    if (secret && new TextEncoder().encode(secret).length < MIN_SECRET_BYTES) {
      return closed(`${name} is shorter than ${MIN_SECRET_BYTES} bytes: set a longer one.`);
    }
  }
  if (hasIssuer && !(issuer && audience && jwksUrl)) {
    return closed("AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL belong together: set all three.");
  }
  if (jwksUrl && !isSafeUrl(jwksUrl)) {
    return closed(`AUTH_JWKS_URL must be an https:// address, not ${JSON.stringify(jwksUrl)}.`);
  }
  const rules = env.AUTH_CLAIMS ? parseClaimRules(env.AUTH_CLAIMS) : undefined;
  if (rules === null) {
    return closed('AUTH_CLAIMS must be JSON like [{"claims":{…},"scope":"work","tasks":["…"]}].');
  }
  const secrets = SECRETS.map((name) => env[name] ?? "").filter((secret) => secret !== "");
  return {
    kind: "tokens",
    verifier: new TokenVerifier({
      secretKeys: env.AUTH_SECRET ? new SecretKeys(secrets, { issuer, audience }) : null,
      issuerKeys:
        issuer && audience && jwksUrl
          ? new IssuerKeys({ issuer, audience, jwksUrl: new URL(jwksUrl) })
          : null,
      translate: (claims) => (rules ? applyClaimRules(rules, claims) : claims),
    }),
  };
}

const NOTHING_SET =
  "No setting says who may use the service: set the secret AUTH_SECRET (wrangler secret put AUTH_SECRET), or AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL.";

function closed(detail: string): Access {
  return { kind: "closed", detail };
}

/** Whether no one can tamper with the keys in transit: they come over HTTPS, or from this machine. */
function isSafeUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && url.hostname === "127.0.0.1");
}
