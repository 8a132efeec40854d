import type { CommandContext } from "./command.ts";
import { explainFailure } from "./failure.ts";

/** How many tasks to ask for at a time: fast, and kind to the service. */
const AT_ONCE = 16;

/**
 * Does something for each task, several at a time; `work` returns the exit code of its own. A failure
 * is a line on stderr and hides no other task. A failure of the only task, or one that is the same
 * for all because the service cannot be reached, is thrown. Returns the highest exit code.
 */
export async function forEachTask(
  ids: readonly string[],
  { tell, signal }: CommandContext,
  work: (id: string) => Promise<number>,
  atOnce = AT_ONCE,
): Promise<number> {
  const [only] = ids;
  if (only !== undefined && ids.length === 1) return work(only);
  let highest = 0;
  const left = [...ids];
  async function lane(): Promise<void> {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const exitCode = await attempt(id);
      highest = Math.max(highest, exitCode);
    }
  }
  async function attempt(id: string): Promise<number> {
    try {
      return await work(id);
    } catch (error) {
      if (signal.aborted) throw error;
      const { exitCode, line } = explainFailure(error);
      tell(`${id}: ${line}`);
      return exitCode;
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane));
  return highest;
}
