import { callCases } from "./call-cases.ts";
import { cancelCases } from "./cancel-cases.ts";
import type { Context } from "./context.ts";
import { runCases } from "./run-cases.ts";
import { watchCases } from "./watch-cases.ts";

/** What the client promises, in any runtime and over any transport: each case by its name. */
export const cases: Readonly<Record<string, (context: Context) => Promise<void>>> = {
  ...runCases,
  ...cancelCases,
  ...watchCases,
  ...callCases,
};
