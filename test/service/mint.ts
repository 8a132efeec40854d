import { SignJWT } from "jose";

interface Token {
  readonly scope?: string;
  readonly tasks?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly expiresInSeconds?: number;
}

/** A token signed with the secret: by default for everything, for an hour. */
export function mint(secret: string, token: Token = {}): Promise<string> {
  const { scope = "admin", tasks = ["*"], claims = {}, expiresInSeconds = 3600 } = token;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const exp = nowSeconds + expiresInSeconds;
  const all: Record<string, unknown> = { sub: "tester", exp, scope, tasks, ...claims };
  return new SignJWT(all)
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}
