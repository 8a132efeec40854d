import { parse } from "smol-toml";

const SECRETS = ["AUTH_SECRET", "AUTH_SECRET_PREVIOUS"];

/** Why this must not be deployed: it would be open to anybody, or its secret is in a file. Null: it may. */
export function deployRefusal(toml: string, args: readonly string[]): string | null {
  const inArgs = args.some((arg) => /^(--var=)?["']?AUTH:none/i.test(arg));
  if (inArgs) return "AUTH:none would let anybody cancel anything: leave it out of the arguments";
  for (const [place, vars] of allVars(parse(toml))) {
    if (vars["AUTH"] === "none") {
      return `AUTH = "none" in ${place} would let anybody cancel anything: remove it, and set a secret with: npx wrangler secret put AUTH_SECRET`;
    }
    const secret = SECRETS.find((name) => name in vars);
    if (secret !== undefined) {
      return `${secret} is a secret, and ${place} is no place for one: remove it, and type it into: npx wrangler secret put ${secret}`;
    }
  }
  return null;
}

/** The variables of the Worker, and of each environment that the file knows. */
function allVars(
  config: Record<string, unknown>,
): [place: string, vars: Record<string, unknown>][] {
  const environments = Object.entries(tableIn(config, "env"));
  return [
    ["[vars]", tableIn(config, "vars")],
    ...environments.map(([name, environment]): [string, Record<string, unknown>] => [
      `[env.${name}.vars]`,
      isTable(environment) ? tableIn(environment, "vars") : {},
    ]),
  ];
}

function tableIn(table: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = table[name];
  return isTable(value) ? value : {};
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
