const SECRETS = ["AUTH_SECRET", "AUTH_SECRET_PREVIOUS"];

/** Why a wrangler.toml is not to be deployed, in one line; null if it may be. */
export function configRefusal(file: string, config: unknown): string | null {
  for (const { table, vars } of varsOf(config, [])) {
    if (vars["AUTH"] === "none") {
      return `${file} says AUTH = "none" in [${table}], which opens the service to everybody: take it out`;
    }
    const secret = SECRETS.find((name) => name in vars);
    if (secret !== undefined) {
      return `${file} has ${secret} in [${table}], where everybody who has the file can read it: make a new one, and set it with npm exec wrangler secret put ${secret}`;
    }
  }
  return null;
}

interface Vars {
  /** As the file calls it, such as `env.staging.vars`. */
  readonly table: string;
  readonly vars: Readonly<Record<string, unknown>>;
}

/** Every table of variables, whatever it belongs to: the file itself, or one of its environments. */
function varsOf(table: unknown, path: readonly string[]): Vars[] {
  if (!isTable(table)) return [];
  if (path.at(-1) === "vars") return [{ table: path.join("."), vars: table }];
  return Object.entries(table).flatMap(([key, value]) => varsOf(value, [...path, key]));
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
