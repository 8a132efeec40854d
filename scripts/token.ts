import { readFile } from "node:fs/promises";
import { GRANT_HELP } from "../worker-client/cli/grant-help.ts";
import { signToken } from "../worker-client/cli/sign-token.ts";
import { requireLongSecret } from "./require-long-secret.ts";
import { tokenOptions } from "./token-options.ts";
import { userPath } from "./user-path.ts";

const HELP = `Makes a token for a service that has the same secret. The token goes to stdout, alone.

  npm run -s token -- --sub NAME --scope SCOPES --tasks IDS [--ttl TIME] [--secret-file PATH]

${GRANT_HELP}
  --ttl TIME          for how long: 90s, 5m, 2h30m, 1d (default: 1h)
  --secret-file PATH  the file that has the secret; an end of line at its end does not count
                      (default: the environment variable AUTH_SECRET)
  --help              this text

The secret is never given as a flag: whoever can list this machine's processes would read it.

A secret, and a service that checks tokens against it:
  export AUTH_SECRET=$(openssl rand -base64 32)
  npm start

A worker that runs one task, and a CI job that starts and cancels its own builds:
  npm run -s token -- --sub gpu-7 --scope work --tasks training-7 --ttl 1d
  npm run -s token -- --sub ci --scope "work cancel" --tasks "build-*,test-*" --ttl 2h30m

Used at once:
  TOKEN=$(npm run -s token -- --sub me --scope cancel --tasks "build-*" --ttl 5m)
  curl -H "Authorization: Bearer $TOKEN" -X POST localhost:8080/v1/tasks/build-7/cancel`;

async function token(): Promise<void> {
  const options = tokenOptions(process.argv.slice(2));
  if (options === null) {
    console.log(HELP);
    return;
  }
  const { grant, secretFile } = options;
  const secret = await readSecret(secretFile);
  const nowMs = Date.now();
  console.log(await signToken(secret, grant, nowMs));
  const until = new Date(nowMs + grant.ttlSeconds * 1000).toISOString().replace(/\.\d+/, "");
  console.error(`${grant.subject} may ${grant.scope}: ${grant.tasks.join(", ")}, until ${until}`);
}

async function readSecret(file: string | null): Promise<string> {
  const secret = file === null ? process.env["AUTH_SECRET"] : await readSecretFile(file);
  if (secret === undefined) {
    throw new Error("there is no secret: set AUTH_SECRET, or name a file with --secret-file PATH");
  }
  requireLongSecret(file === null ? "AUTH_SECRET" : `the secret in ${file}`, secret);
  return secret;
}

async function readSecretFile(file: string): Promise<string> {
  try {
    return (await readFile(userPath(file), "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : cause;
    throw new Error(`cannot read --secret-file ${file} (${code})`, { cause });
  }
}

try {
  await token();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
