import { UsageError } from "./usage-error.ts";

const UNITS = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 } as const;
const DURATION =
  /^(?:(?<d>\d+(?:\.\d+)?)d)?(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m(?!s))?(?:(?<s>\d+(?:\.\d+)?)s)?(?:(?<ms>\d+(?:\.\d+)?)ms)?$/;

/**
 * A duration as people write it, such as `90s`, `5m`, `2h30m` or `1d`, in seconds. `name` is the
 * flag that it was given with. A number without a unit is refused: nobody can tell what was meant.
 */
export function durationSeconds(text: string, name: string): number {
  const amounts = text === "" ? undefined : DURATION.exec(text)?.groups;
  if (amounts === undefined) {
    const said = /^\d+(\.\d+)?$/.test(text) ? `, such as ${text}s` : "";
    throw new UsageError(
      `${name} must be a duration like 90s, 5m, 2h30m or 1d, not "${text}"${said && ` (give a unit${said})`}`,
    );
  }
  let seconds = 0;
  for (const [unit, factor] of Object.entries(UNITS))
    seconds += Number(amounts[unit] ?? 0) * factor;
  return Number(seconds.toFixed(3));
}
