import type { CommandContext } from "./command.ts";
import { explainFailure } from "./failure.ts";

/** How many tasks to handle at a time: fast, and easy on the service. */
const AT_ONCE = 16;

/**
 * Calls `work`, which returns an exit code, for each task, several at a time. Returns the highest exit
 * code. A failure is printed on stderr, and the other tasks go on; but it is thrown if there is only
 * one task, or if it is the same for all because the service cannot be reached.
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
