import type { RUNTIMES } from "../../../scripts/runtimes.ts";

/** Every runtime that an actor can be on. */
export const runtimes: readonly (keyof typeof RUNTIMES)[] = ["node", "deno", "bun"];
