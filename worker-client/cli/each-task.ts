import type { CommandContext } from "./command.ts";
import { explainFailure } from "./failure.ts";

/** How many tasks to ask for at a time: fast, and kind to the service. */
const AT_ONCE = 16;

/**
 * Does something for each task, several at a time; `work` returns the exit code of its own. A failure
 * is a line on stderr and hides no other task. A failure of the only task, or one that is the same
 * for all because the service cannot be reached, is thrown. Returns the first exit code that is not 0.
 */
export async function forEachTask(
  ids: readonly string[],
  { tell, signal }: CommandContext,
  work: (id: string) => Promise<number>,
  atOnce = AT_ONCE,
): Promise<number> {
  const [only] = ids;
  if (only !== undefined && ids.length === 1) return work(only);
  const exitCodes = new Map<string, number>();
  const left = [...ids];
  async function lane(): Promise<void> {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      exitCodes.set(id, await attempt(id));
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
  return ids.map((id) => exitCodes.get(id) ?? 0).find((exitCode) => exitCode !== 0) ?? 0;
}
