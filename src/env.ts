import type { BulkStub, DirectoryStub } from "./directory/directory-stub.ts";
import type { QueueStub } from "./queues/queue-stub.ts";
import type { TaskStub } from "./tasks/task-stub.ts";
import type { WebhookObjects } from "./webhooks/webhook-stub.ts";

/** The bindings and variables in wrangler.toml, and the secrets set alongside. */
export interface Env extends WebhookObjects {
  readonly TASKS: { getByName(id: string): TaskStub };
  readonly QUEUES: { getByName(queue: string): QueueStub };
  readonly BULK: { getByName(id: string): BulkStub };
  readonly DIRECTORY_SHARDS: { getByName(name: string): DirectoryStub };
  readonly WATCH_WAIT_SECONDS: string;
  readonly WATCH_MAX_WAIT_SECONDS: string;
  readonly WATCH_TASK_WAIT_SECONDS: string;
  /** `off` turns the directory of tasks off, which saves its cost. */
  readonly DIRECTORY?: string;
  /** `none` opens the service to everyone, unless a secret or an issuer is set. */
  readonly AUTH?: string;
  /** Signs tokens (HS256); at least 32 bytes. */
  readonly AUTH_SECRET?: string;
  /** The previous secret, still accepted during a rotation. */
  readonly AUTH_SECRET_PREVIOUS?: string;
  /** The OIDC issuer whose tokens are accepted: their `iss`, their `aud`, and the URL of its keys. */
  readonly AUTH_ISSUER?: string;
  readonly AUTH_AUDIENCE?: string;
  readonly AUTH_JWKS_URL?: string;
  /** What the issuer's tokens allow, as JSON: see `ClaimRule`. */
  readonly AUTH_CLAIMS?: string;
  /** The origins whose web pages may use the service: `https://a.example,https://b.example`. */
  readonly CORS_ORIGINS?: string;
  /** The hosts that webhooks may send to: `hooks.example.com,*.example.org`. If unset, webhooks are off. */
  readonly WEBHOOK_HOSTS?: string;
  /** Cloudflare's rate limiter, if one is bound. */
  readonly RATE_LIMITER?: { limit(call: { key: string }): Promise<{ success: boolean }> };
}

type SettingName = Extract<keyof Env, `WATCH_${string}`>;

/** Reads a number of seconds from wrangler.toml. Throws an error that tells the operator what to fix. */
export function setting(env: Env, name: SettingName): number {
  const seconds = Number(env[name]);
  if (seconds > 0) return seconds;
  throw new Error(`the variable ${name} must be a number of seconds, not "${env[name]}"`);
}
