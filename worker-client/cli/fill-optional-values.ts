import { durationSeconds } from "./duration-seconds.ts";
import { UsageError } from "./usage-error.ts";

/**
 * `parseArgs` knows no option whose value may be left out, such as `--wait[=60s]`: each that stands
 * alone is given the duration that it then means. A duration behind it, without the `=`, would be
 * taken for a task, so that is refused.
 */
export function fillOptionalValues(
  args: readonly string[],
  durations: Readonly<Record<string, string>>,
): string[] {
  const end = args.indexOf("--");
  return args.map((arg, index) => {
    const duration = durations[arg.slice(2)];
    const isAlone = duration !== undefined && arg.startsWith("--") && (end < 0 || index < end);
    if (!isAlone) return arg;
    const next = args[index + 1];
    if (next !== undefined && isDuration(next)) {
      throw new UsageError(`write ${arg}=${next}: without the "=", ${next} would be a task`);
    }
    return `${arg}=${duration}`;
  });
}

function isDuration(text: string): boolean {
  try {
    durationSeconds(text, "");
    return true;
  } catch {
    return /^\d+$/.test(text);
  }
}
