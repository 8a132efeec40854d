import { COMMAND_LIST } from "./command-list.ts";
import { EXIT_CODE } from "./exit-code.ts";
import { explainFailure } from "./explain-failure.ts";
import { nearest } from "./nearest.ts";
import { UsageError } from "./usage-error.ts";
import { writeText } from "./write-text.ts";

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
        const { packageVersion } = await import("./package-version.ts");
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
  const { mainHelp } = await import("./main-help.ts");
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
