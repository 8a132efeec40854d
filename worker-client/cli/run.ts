import { readFileSync } from "node:fs";
import { nearest } from "./arguments.ts";
import { COMMON_HELP, type Command } from "./command.ts";
import { EXIT_CODE, explainFailure, UsageError } from "./failure.ts";
import { goThroughProxies } from "./proxy.ts";
import { printLine } from "./terminal.ts";

/** Runs `edge-canceler` with its arguments. Returns the exit code. */
export async function runCommandLine(
  [name, ...args]: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  try {
    switch (name) {
      case undefined:
        throw new UsageError(`name a command: ${[...COMMANDS.keys()].join(", ")}`);
      case "help":
        if (args[0] !== undefined) return await runCommandLine([args[0], "--help"], environment);
        return await printHelp();
      case "--help":
      case "-h":
        return await printHelp();
      case "--version":
      case "-v":
        printLine(1, packageVersion());
        return 0;
      default: {
        const load = COMMANDS.get(name);
        if (load === undefined) throw new UsageError(unknownCommand(name));
        const command = await load();
        // Handled here, so that every command takes it.
        if (args[0] === "--version") return await runCommandLine(["--version"], environment);
        await goThroughProxies(environment);
        return await command.run(args, environment);
      }
    }
  } catch (error) {
    const { exitCode, line } = explainFailure(error);
    const command = name !== undefined && COMMANDS.has(name) ? ` ${name}` : "";
    const hint = exitCode === EXIT_CODE.usage ? ` (edge-canceler${command} --help)` : "";
    printLine(2, [{ text: `edge-canceler${command}: `, style: "red" }, `${line}${hint}`]);
    return exitCode;
  }
}

function unknownCommand(name: string): string {
  if (name.startsWith("-")) {
    return `name a command before ${name}: options come after it, as in edge-canceler status job-1 ${name}`;
  }
  const names = [...COMMANDS.keys()];
  const near = nearest(name, names);
  const hint = near === null ? `the commands are ${names.join(", ")}` : `did you mean ${near}?`;
  return `there is no command "${name}": ${hint}`;
}

/** Every command by its name. Each is loaded only when it is called, which saves time at the start. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["exec", async () => (await import("./commands/exec.ts")).exec],
  ["cancel", async () => (await import("./commands/cancel.ts")).cancel],
  ["status", async () => (await import("./commands/status.ts")).status],
  ["list", async () => (await import("./commands/list.ts")).list],
  ["history", async () => (await import("./commands/history.ts")).history],
  ["tree", async () => (await import("./commands/tree.ts")).tree],
  ["watch", async () => (await import("./commands/watch.ts")).watch],
  ["declare", async () => (await import("./commands/declare.ts")).declare],
  ["start", async () => (await import("./commands/start.ts")).start],
  ["heartbeat", async () => (await import("./commands/heartbeat.ts")).heartbeat],
  ["release", async () => (await import("./commands/release.ts")).release],
  ["finish", async () => (await import("./commands/finish.ts")).finish],
  ["submit", async () => (await import("./commands/submit.ts")).submit],
  ["work", async () => (await import("./commands/work.ts")).work],
  ["queue", async () => (await import("./commands/queue.ts")).queue],
  ["retry", async () => (await import("./commands/retry.ts")).retry],
  ["webhook", async () => (await import("./commands/webhook.ts")).webhook],
  ["forget", async () => (await import("./commands/forget.ts")).forget],
  ["token", async () => (await import("./commands/token.ts")).token],
]);

async function printHelp(): Promise<number> {
  const commands = await Promise.all(Array.from(COMMANDS.values(), (load) => load()));
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  const help = `Cancel a running task on any machine, over HTTPS.

  edge-canceler COMMAND [OPTION…] [ARGUMENT…]

Commands:
${lines.join("\n")}

"edge-canceler help COMMAND" explains a command, with examples; "edge-canceler --version" prints the version.

Try it, with a service that runs on this machine:
  export EDGE_CANCELER_URL=http://127.0.0.1:8080
  edge-canceler exec job-1 -- sleep 600
and in another terminal, after the same export:
  edge-canceler status job-1
  edge-canceler cancel job-1 --reason "wrong data" --wait

You choose the id of a task. Any name works, but an id contains only A-Z a-z 0-9 . _ ~ : - + @ = , so feature/x
becomes feature~2Fx. Durations are written like 90s, 5m, 2h30m or 1d.

${COMMON_HELP}`;
  for (const line of help.split("\n")) printLine(1, line);
  return 0;
}

/** The version in package.json, which is next to dist. */
function packageVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  if (typeof manifest !== "object" || manifest === null || !("version" in manifest))
    return "unknown";
  return String(manifest.version);
}
