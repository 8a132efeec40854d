import { EXIT_CODE } from "../exit-code.ts";
import { oneLine } from "../one-line.ts";
import type { CommandEnd } from "./command-end.ts";

/** What it means that a command could not be started, as the shells have it. */
export function exitCodeUnspawned(
  error: unknown,
  file: string,
): Pick<CommandEnd, "exitCode" | "failure"> {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const name = oneLine(file);
  if (code === "ENOENT") {
    return {
      exitCode: EXIT_CODE.notFound,
      failure: `${name}: command not found: is its name right, and is it on the PATH?`,
    };
  }
  return { exitCode: EXIT_CODE.notExecutable, failure: `${name}: cannot be executed (${code})` };
}
