import type { Command } from "./command.ts";

/** Every command by its name. Each is loaded when it is called, so that none waits for another. */
export const COMMAND_LIST: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["exec", async () => (await import("./commands/exec.ts")).exec],
  ["cancel", async () => (await import("./commands/cancel.ts")).cancel],
  ["status", async () => (await import("./commands/status.ts")).status],
  ["watch", async () => (await import("./commands/watch.ts")).watch],
  ["declare", async () => (await import("./commands/declare.ts")).declare],
  ["start", async () => (await import("./commands/start.ts")).start],
  ["finish", async () => (await import("./commands/finish.ts")).finish],
  ["forget", async () => (await import("./commands/forget.ts")).forget],
  ["token", async () => (await import("./commands/token.ts")).token],
]);
