import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { projectFolder } from "../../scripts/project-folder.ts";

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run -s`, as a user types it; resolves when it has ended. */
export async function npmRun(
  script: string,
  args: readonly string[],
  vars: NodeJS.ProcessEnv = {},
): Promise<End> {
  const child = spawn("npm", ["run", "-s", script, "--", ...args], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...vars },
  });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}
