import type { Command } from "./command.ts";

/** Every command by its name. Each is loaded when it is called, so that none waits for another. */
export const COMMAND_LIST: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["exec", async () => (await import("./commands/exec.ts")).exec],
  ["status", async () => (await import("./commands/status.ts")).status],
]);
