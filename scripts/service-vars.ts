import { requireLongSecret } from "../worker-client/cli/grant.ts";

const SECRETS = ["AUTH_SECRET", "AUTH_SECRET_PREVIOUS"];
const ISSUER = ["AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_JWKS_URL"];
const KEYS = ["AUTH_SECRET", "AUTH_JWKS_URL"];
const NAMES = [...SECRETS, ...ISSUER, "AUTH_CLAIMS"];

interface ServiceVars {
  readonly vars: Readonly<Record<string, string>>;
  /** The variables that say which tokens are good. None: the service is open. */
  readonly keys: readonly string[];
}

/**
 * What an environment says of a service that a person serves for themselves: without a key it is
 * open. Throws one clear line where somebody meant to close it, and it would be open, or shut to all.
 */
export function serviceVars(environment: NodeJS.ProcessEnv): ServiceVars {
  for (const name of SECRETS) {
    const secret = environment[name];
    if (secret !== undefined) requireLongSecret(name, secret);
  }
  const given = NAMES.filter((name) => environment[name] !== undefined);
  const keys = KEYS.filter((name) => environment[name]);
  const hasIssuer = environment["AUTH_ISSUER"] || environment["AUTH_JWKS_URL"];
  if (hasIssuer && !ISSUER.every((name) => environment[name])) {
    throw new Error(`${list(ISSUER)} belong together: set all three`);
  }
  if (given.length > 0 && keys.length === 0) {
    throw new Error(
      `${list(given)} without a key would close nothing: set AUTH_SECRET, or ${list(ISSUER)}`,
    );
  }
  const vars: Record<string, string> = keys.length === 0 ? { AUTH: "none" } : {};
  for (const name of [...NAMES, "CORS_ORIGINS"]) {
    const value = environment[name];
    if (value !== undefined) vars[name] = value;
  }
  return { vars, keys };
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(names);
}
