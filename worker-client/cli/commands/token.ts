import { defineCommand } from "../command.ts";
import { UsageError } from "../failure.ts";
import { GRANT_HELP, readPatterns, readScope, readSecret, readSubject } from "../grant.ts";
import { signToken } from "../sign-token.ts";
import { jsonLine } from "../terminal.ts";
import { durationSeconds } from "../values.ts";

/** A token cannot be revoked: it expires, or its secret is changed. */
const MAX_TTL_DAYS = 3650;

const HELP = `Makes a token for a service that has the same secret. Only the token goes to stdout.

  edge-canceler token --sub NAME --scope SCOPES [--tasks IDS] [--queues NAMES] [--ttl 1h]

${GRANT_HELP}
  --ttl DURATION      how long it is valid (default: 1h)
  --secret-file FILE  a file with the secret (default: the environment variable AUTH_SECRET)

There is no option for the secret itself: everybody who can list this machine's processes could read it.

Examples:
  edge-canceler token --sub gpu-7 --scope work --tasks training-7 --ttl 1d
  edge-canceler token --sub ci --scope "work cancel" --tasks "build-*,test-*" --secret-file ./secret
  edge-canceler token --sub box-1 --scope work --queues gpu --ttl 30d

Use a token right away:
  export EDGE_CANCELER_TOKEN=$(edge-canceler token --sub me --scope cancel --tasks "build-*" --ttl 5m)
  edge-canceler cancel build-7`;

export const token = defineCommand({
  name: "token",
  summary: "makes a token from the service's secret",
  help: HELP,
  options: {
    sub: { type: "string" },
    scope: { type: "string" },
    tasks: { type: "string", multiple: true },
    queues: { type: "string", multiple: true },
    ttl: { type: "string" },
    "secret-file": { type: "string" },
  },
  async run({ json, environment, print, tell }, { positionals: [extra], values }) {
    if (extra !== undefined) {
      throw new UsageError(`unexpected argument "${extra}": name tasks with --tasks`);
    }
    const { sub, scope, ttl = "1h" } = values;
    const grant = {
      subject: readSubject(sub),
      scope: readScope(scope),
      ...readPatterns(values),
      ttlSeconds: ttlSecondsOf(ttl),
    };
    const secret = readSecret(values["secret-file"], environment["AUTH_SECRET"]);
    const nowMs = Date.now();
    const made = await signToken(secret, grant, nowMs);
    const expiresAt = new Date(nowMs + grant.ttlSeconds * 1000).toISOString();
    print(json ? jsonLine({ token: made, expiresAt }) : made);
    const names = [...grant.tasks, ...grant.queues.map((queue) => `the queue ${queue}`)];
    const allowed = `${grant.scope}: ${names.join(", ")}`;
    if (!json) tell(`${grant.subject} may ${allowed}, until ${expiresAt}`);
    return 0;
  },
});

function ttlSecondsOf(text: string): number {
  const seconds = durationSeconds(text, "--ttl");
  if (seconds >= 1 && seconds <= MAX_TTL_DAYS * 86_400) return Math.floor(seconds);
  throw new UsageError(`--ttl must be 1s to ${MAX_TTL_DAYS}d, not "${text}"`);
}
