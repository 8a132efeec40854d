const PARTS = /(\d+)([dhms])/g;
const WHOLE = /^(\d+[dhms])+$/;
const SECONDS = new Map([
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
]);

/** A duration as people write it (`90s`, `5m`, `2h30m`, `1d`), in seconds; throws one clear line otherwise. */
export function durationSeconds(text: string): number {
  if (!WHOLE.test(text)) {
    throw new Error(`"${text}" is no duration: write it like 90s, 5m, 2h30m or 1d`);
  }
  return Array.from(
    text.matchAll(PARTS),
    ([, count, unit = ""]) => Number(count) * (SECONDS.get(unit) ?? 0),
  ).reduce((sum, seconds) => sum + seconds);
}
