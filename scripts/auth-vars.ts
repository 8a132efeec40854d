const KEYS = ["AUTH_SECRET", "AUTH_JWKS_URL"];
const SETTINGS = [
  ...KEYS,
  "AUTH_SECRET_PREVIOUS",
  "AUTH_ISSUER",
  "AUTH_AUDIENCE",
  "AUTH_CLAIMS",
  "CORS_ORIGINS",
];

interface AuthVars {
  readonly vars: Readonly<Record<string, string>>;
  /** Whether anybody may do anything. */
  readonly isOpen: boolean;
}

/**
 * Who may use a service on this machine, as the user's environment says. With no key in it the
 * service is open: it listens on loopback only.
 */
export function authVars(environment: NodeJS.ProcessEnv): AuthVars {
  const given = SETTINGS.flatMap((name) => {
    const value = environment[name];
    return value ? [[name, value] as const] : [];
  });
  const isOpen = !given.some(([name]) => KEYS.includes(name));
  return { isOpen, vars: Object.fromEntries(isOpen ? [...given, ["AUTH", "none"]] : given) };
}
