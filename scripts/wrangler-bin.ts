import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The path of wrangler's program, which Node runs. */
export const wranglerBin = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin",
  "wrangler.js",
);
