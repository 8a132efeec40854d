/** wrangler takes `--var KEY:VALUE`, `--var=KEY:VALUE`, and several of them after one `--var`. */
const OPEN = /^(?:--?\w+=)?["']?AUTH:none["']?$/;
const SECRET = /^(?:--?\w+=)?["']?(AUTH_SECRET(?:_PREVIOUS)?):/;

/** Why something is not to be deployed with these arguments, in one line; null if it may be. */
export function argumentsRefusal(args: readonly string[]): string | null {
  if (args.some((argument) => OPEN.test(argument))) {
    return "AUTH:none opens the service to everybody: leave it out";
  }
  for (const argument of args) {
    const [, secret] = SECRET.exec(argument) ?? [];
    if (secret === undefined) continue;
    return `${secret} as an argument is no secret: set it with npm exec wrangler secret put ${secret}`;
  }
  return null;
}
