import type { Env } from "../env.ts";

/** The origins whose web pages may use the service, as `CORS_ORIGINS` lists them. */
export function knownOrigins({ CORS_ORIGINS = "" }: Env): string[] {
  return CORS_ORIGINS.split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "");
}
