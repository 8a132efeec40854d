import type { Env } from "../env.ts";
import type { Access } from "./access.ts";
import { readAccess } from "./read-access.ts";

let latest: { readonly settings: string; readonly access: Access } | null = null;

/** Who gets in. Settings are read, and keys imported, once for as long as they stay the same. */
export function accessOf(env: Env): Access {
  const settings = JSON.stringify([
    env.AUTH,
    env.AUTH_SECRET,
    env.AUTH_SECRET_PREVIOUS,
    env.AUTH_ISSUER,
    env.AUTH_AUDIENCE,
    env.AUTH_JWKS_URL,
    env.AUTH_CLAIMS,
  ]);
  if (latest?.settings !== settings) latest = { settings, access: readAccess(env) };
  return latest.access;
}
