import type { Env } from "../env.ts";

type SettingName = Extract<keyof Env, `WATCH_${string}`>;

/** A variable of wrangler.toml that is a number of seconds. Throws what the deployer has to mend. */
export function setting(env: Env, name: SettingName): number {
  const seconds = Number(env[name]);
  if (seconds > 0) return seconds;
  throw new Error(`the variable ${name} must be a number of seconds, not "${env[name]}"`);
}
