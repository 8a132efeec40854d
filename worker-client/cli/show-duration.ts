const UNITS = [
  { unit: "d", seconds: 86_400 },
  { unit: "h", seconds: 3600 },
  { unit: "m", seconds: 60 },
  { unit: "s", seconds: 1 },
] as const;

/** A time in milliseconds for people, in its two largest units: `12ms`, `1.2s`, `2h30m`. */
export function showDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.floor(milliseconds)}ms`;
  if (milliseconds < 10_000) return `${Math.floor(milliseconds / 100) / 10}s`;
  let left = Math.floor(milliseconds / 1000);
  const parts: string[] = [];
  for (const { unit, seconds } of UNITS) {
    const amount = Math.floor(left / seconds);
    if (amount > 0 && parts.length < 2) parts.push(`${amount}${unit}`);
    left -= amount * seconds;
  }
  return parts.join("");
}
