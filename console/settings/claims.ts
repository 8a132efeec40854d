/** The claims of a token, for its owner to read. */
interface ShownClaims {
  readonly subject: string;
  readonly scope: string;
  readonly tasks: string;
  readonly queues: string;
  readonly expiresAtMs: number | null;
}

/** Reads the claims of a JWT without verifying it. Returns null if it cannot be read. */
export function claimsOf(token: string): ShownClaims | null {
  const [, payload = ""] = token.split(".");
  try {
    const bytes = Uint8Array.from(
      atob(payload.replaceAll("-", "+").replaceAll("_", "/")),
      (character) => character.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (claims === null || typeof claims !== "object") return null;
    const { sub, scope, tasks, queues, exp }: Readonly<Record<string, unknown>> = { ...claims };
    return {
      subject: textOf(sub),
      scope: textOf(scope),
      tasks: textOf(tasks),
      queues: textOf(queues),
      expiresAtMs: typeof exp === "number" ? exp * 1000 : null,
    };
  } catch {
    return null;
  }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  return typeof value === "string" ? value : "";
}
