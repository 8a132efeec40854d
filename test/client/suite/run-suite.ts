import { TaskClient } from "edge-canceler";
import { callCases } from "./call-cases.ts";
import { cancelCases } from "./cancel-cases.ts";
import type { Context, SuiteOptions } from "./context.ts";
import { runCases } from "./run-cases.ts";
import { watchCases } from "./watch-cases.ts";
import { workCases } from "./work-cases.ts";

/** What the client promises, in any runtime and over any transport: each case by its name. */
export const cases: Readonly<Record<string, (context: Context) => Promise<void>>> = {
  ...runCases,
  ...cancelCases,
  ...watchCases,
  ...callCases,
  ...workCases,
};

/** What came of one case: one line of JSON on the standard output. */
export interface Outcome {
  readonly name: string;
  /** Why it failed; null if it passed. */
  readonly failure: string | null;
}

const TIME_LIMIT_MS = 60_000;

/** Runs every case, one after the other: a browser opens only six connections to one service. */
export async function runSuite(
  options: SuiteOptions,
  report: (outcome: Outcome) => void,
): Promise<void> {
  const { url, transport } = options;
  for (const [name, runCase] of Object.entries(cases)) {
    const tasks = new TaskClient(
      transport === "long poll" ? { url, fetch: (to, init) => fetch(to, init) } : { url },
    );
    const context = { ...options, tasks, id: `suite-${crypto.randomUUID()}` };
    // It also keeps the process running: a case may wait for nothing but a watch, which does not.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeLimit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not within ${TIME_LIMIT_MS} ms`)), TIME_LIMIT_MS);
    });
    try {
      await Promise.race([runCase(context), timeLimit]);
      report({ name, failure: null });
    } catch (error) {
      report({ name, failure: error instanceof Error ? String(error.stack) : String(error) });
    } finally {
      clearTimeout(timer);
    }
  }
}
