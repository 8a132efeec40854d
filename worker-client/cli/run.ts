import { readFileSync } from "node:fs";
import { nearest } from "./arguments.ts";
import { COMMON_HELP, type Command } from "./command.ts";
import { EXIT_CODE, explainFailure, UsageError } from "./failure.ts";
import { writeText } from "./terminal.ts";

/** `edge-canceler` as it was called; answers the exit code. */
export async function runCommandLine(
  [name, ...args]: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  try {
    switch (name) {
      case undefined:
        throw new UsageError(`say what to do: ${[...COMMAND_LIST.keys()].join(", ")}, or --help`);
      case "help":
        if (args[0] !== undefined) return await runCommandLine([args[0], "--help"], environment);
        return await showHelp();
      case "--help":
      case "-h":
        return await showHelp();
      case "--version":
      case "-v": {
        const { packageVersion } = await import("./run.ts");
        writeText(1, `${packageVersion()}\n`);
        return 0;
      }
      default: {
        const load = COMMAND_LIST.get(name);
        if (load === undefined) throw new UsageError(unknown(name));
        const command = await load();
        // Every command has it, and none has to know.
        if (args[0] === "--version") return await runCommandLine(["--version"], environment);
        return await command.run(args, environment);
      }
    }
  } catch (error) {
    const { exitCode, line } = explainFailure(error);
    const command = name !== undefined && COMMAND_LIST.has(name) ? ` ${name}` : "";
    const hint = exitCode === EXIT_CODE.usage ? ` (edge-canceler${command} --help)` : "";
    writeText(2, `edge-canceler${command}: ${line}${hint}\n`);
    return exitCode;
  }
}

async function showHelp(): Promise<number> {
  const { mainHelp } = await import("./run.ts");
  writeText(1, `${await mainHelp()}\n`);
  return 0;
}

function unknown(name: string): string {
  if (name.startsWith("-")) {
    return `name a command before ${name}: options come after it, as in edge-canceler status job-1 ${name}`;
  }
  const names = [...COMMAND_LIST.keys()];
  const near = nearest(name, names);
  const hint = near === null ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
  return `there is no command "${name}": ${hint}`;
}

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

/** The help of `edge-canceler` itself. */
export async function mainHelp(): Promise<string> {
  const commands = await Promise.all(Array.from(COMMAND_LIST.values(), (load) => load()));
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Cancel a running task, anywhere, over HTTPS.

  edge-canceler COMMAND [OPTION…] [ARGUMENT…]

Commands (edge-canceler COMMAND --help says more):
${lines.join("\n")}

${COMMON_HELP}
  -v, --version      the version of edge-canceler

Durations are written 90s, 5m, 2h30m or 1d.`;
}

/** The version in package.json, which stands beside dist. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  if (typeof manifest !== "object" || manifest === null || !("version" in manifest))
    return "unknown";
  return String(manifest.version);
}
