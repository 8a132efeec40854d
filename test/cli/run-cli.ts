import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { CLI_RUNTIMES } from "./cli-runtimes.ts";

interface Options {
  readonly runtime?: keyof typeof CLI_RUNTIMES;
  /** Default: this process's own, without the command's settings. */
  readonly environment?: Readonly<Record<string, string>>;
}

interface End {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `edge-canceler` as a process of its own, to its end. */
export async function runCli(args: readonly string[], options: Options = {}): Promise<End> {
  const [file, ...before] = CLI_RUNTIMES[options.runtime ?? "node"];
  const child = spawn(file, [...before, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", ...options.environment },
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode, stdout, stderr };
}
