import { env } from "cloudflare:workers";
import { onTestFinished } from "vitest";

type Settings = Partial<Omit<Cloudflare.Env, "TASKS" | "TEST_RATE_LIMITER">>;

/** The service with these settings until the end of the test; the Worker reads them at every request. */
export function withSettings(settings: Settings): void {
  const before = { ...env };
  Object.assign(env, settings);
  onTestFinished(() => {
    for (const name of Object.keys(settings)) Reflect.deleteProperty(env, name);
    Object.assign(env, before);
  });
}
