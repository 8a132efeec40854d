const DURATION = /^(?=.)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/**
 * A duration such as `90s`, `5m`, `2h30m` or `1d`, in seconds; null if it is none. A number without
 * a unit is none: nobody can tell what was meant.
 */
export function durationSeconds(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((amount) => Number(amount ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
