import { requireLongSecret } from "../worker-client/cli/grant.ts";

const SECRETS = ["AUTH_SECRET", "AUTH_SECRET_PREVIOUS"];
const ISSUER = ["AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_JWKS_URL"];
const KEYS = ["AUTH_SECRET", "AUTH_JWKS_URL"];
const NAMES = [...SECRETS, ...ISSUER, "AUTH_CLAIMS"];

interface ServiceVars {
  readonly vars: Readonly<Record<string, string>>;
  /** The variables that decide which tokens are valid. If there are none, the service is open. */
  readonly keys: readonly string[];
}

/**
 * Returns the variables for a service on this machine. Without a key it is open. Throws a one-line error
 * if the environment is meant to close it, but would leave it open or lock everybody out.
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
      `without a key, ${list(given)} would not close the service: set AUTH_SECRET, or ${list(ISSUER)}`,
    );
  }
  const vars: Record<string, string> = keys.length === 0 ? { AUTH: "none" } : {};
  for (const name of [...NAMES, "CORS_ORIGINS", "WEBHOOK_HOSTS"]) {
    const value = environment[name];
    if (value !== undefined) vars[name] = value;
  }
  return { vars, keys };
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(names);
}

const SECRET_VARIABLES = ["AUTH_SECRET", "AUTH_SECRET_PREVIOUS"];

/** Returns in one line why a wrangler.toml must not be deployed, or null if it may be. */
export function configRefusal(file: string, config: unknown): string | null {
  for (const { table, vars } of varsOf(config, [])) {
    if (vars["AUTH"] === "none") {
      return `${file} says AUTH = "none" in [${table}], which opens the service to everybody: remove it`;
    }
    const secret = SECRET_VARIABLES.find((name) => name in vars);
    if (secret !== undefined) {
      return `${file} has ${secret} in [${table}], where everybody with the file can read it: make a new one and set it with npm exec wrangler secret put ${secret}`;
    }
  }
  return null;
}

interface Vars {
  /** The name of the table in the file, such as `env.staging.vars`. */
  readonly table: string;
  readonly vars: Readonly<Record<string, unknown>>;
}

/** Returns all tables of variables: the top-level one and that of each environment. */
function varsOf(table: unknown, path: readonly string[]): Vars[] {
  if (!isTable(table)) return [];
  if (path.at(-1) === "vars") return [{ table: path.join("."), vars: table }];
  return Object.entries(table).flatMap(([key, value]) => varsOf(value, [...path, key]));
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** wrangler accepts `--var KEY:VALUE`, `--var=KEY:VALUE`, and several values after one `--var`. */
const OPEN_ARGUMENT = /^(?:--?\w+=)?["']?AUTH:none["']?$/;
const SECRET_ARGUMENT = /^(?:--?\w+=)?["']?(AUTH_SECRET(?:_PREVIOUS)?):/;

/** Returns in one line why a deploy must not have these arguments, or null if it may. */
export function argumentsRefusal(args: readonly string[]): string | null {
  if (args.some((argument) => OPEN_ARGUMENT.test(argument))) {
    return "AUTH:none opens the service to everybody: leave it out";
  }
  for (const argument of args) {
    const [, secret] = SECRET_ARGUMENT.exec(argument) ?? [];
    if (secret === undefined) continue;
    return `${secret} as an argument is not secret: set it with npm exec wrangler secret put ${secret}`;
  }
  return null;
}
