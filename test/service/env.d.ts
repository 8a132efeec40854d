declare namespace Cloudflare {
  /** What wrangler.toml binds, as the test helpers want it. */
  interface Env {
    readonly TASKS: DurableObjectNamespace;
    readonly QUEUES: DurableObjectNamespace;
    readonly BULK: DurableObjectNamespace;
    readonly DIRECTORY_SHARDS: DurableObjectNamespace;
    DIRECTORY?: string | undefined;
    readonly WEBHOOKS: DurableObjectNamespace<
      import("../../src/webhooks/webhook-object.ts").WebhookObject
    >;
    readonly WEBHOOK_REGISTRY: DurableObjectNamespace<
      import("../../src/webhooks/webhook-object.ts").WebhookRegistryObject
    >;
    /** The Worker reads it at every request, so a test may change it. */
    WATCH_TASK_WAIT_SECONDS: string;
    WATCH_MAX_WAIT_SECONDS: string;
    AUTH?: string | undefined;
    AUTH_SECRET?: string | undefined;
    AUTH_SECRET_PREVIOUS?: string | undefined;
    AUTH_ISSUER?: string | undefined;
    AUTH_AUDIENCE?: string | undefined;
    AUTH_JWKS_URL?: string | undefined;
    AUTH_CLAIMS?: string | undefined;
    CORS_ORIGINS?: string | undefined;
    WEBHOOK_HOSTS?: string | undefined;
    RATE_LIMITER?: unknown;
    /** Bound for the tests alone: two requests a minute. */
    readonly TEST_RATE_LIMITER: unknown;
  }
  interface GlobalProps {
    mainModule: typeof import("../../src/index.ts");
  }
}
