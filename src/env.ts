import type { BulkStub, DirectoryStub } from "./directory/directory-stub.ts";
import type { QueueStub } from "./queues/queue-stub.ts";
import type { TaskStub } from "./tasks/task-stub.ts";
import type { WebhookObjects } from "./webhooks/webhook-stub.ts";

/** What wrangler.toml binds, and the secrets that are set beside it. */
export interface Env extends WebhookObjects {
  readonly TASKS: { getByName(id: string): TaskStub };
  readonly QUEUES: { getByName(queue: string): QueueStub };
  readonly BULK: { getByName(id: string): BulkStub };
  readonly DIRECTORY_SHARDS: { getByName(name: string): DirectoryStub };
  readonly WATCH_WAIT_SECONDS: string;
  readonly WATCH_MAX_WAIT_SECONDS: string;
  readonly WATCH_TASK_WAIT_SECONDS: string;
  /** `off`: no directory of the tasks is kept, which saves its cost. */
  readonly DIRECTORY?: string;
  /** `none` opens the service to everybody, unless a key is set. */
  readonly AUTH?: string;
  /** Signs tokens (HS256); at least 32 bytes. */
  readonly AUTH_SECRET?: string;
  /** The earlier secret, accepted while the secret is being changed. */
  readonly AUTH_SECRET_PREVIOUS?: string;
  /** Whose tokens are accepted (OIDC): their `iss`, their `aud`, and where the issuer's keys are. */
  readonly AUTH_ISSUER?: string;
  readonly AUTH_AUDIENCE?: string;
  readonly AUTH_JWKS_URL?: string;
  /** What such a token allows, as JSON: see `ClaimRule`. */
  readonly AUTH_CLAIMS?: string;
  /** Web pages of these origins may use the service: `https://a.example,https://b.example`. */
  readonly CORS_ORIGINS?: string;
  /** Events may be sent to these hosts: `hooks.example.com,*.example.org`. Without it webhooks are off. */
  readonly WEBHOOK_HOSTS?: string;
  /** Cloudflare's rate limiting, if it is bound. */
  readonly RATE_LIMITER?: { limit(call: { key: string }): Promise<{ success: boolean }> };
}

type SettingName = Extract<keyof Env, `WATCH_${string}`>;

/** Reads a number of seconds from wrangler.toml. Throws an error that tells the operator what to fix. */
export function setting(env: Env, name: SettingName): number {
  const seconds = Number(env[name]);
  if (seconds > 0) return seconds;
  throw new Error(`the variable ${name} must be a number of seconds, not "${env[name]}"`);
}
