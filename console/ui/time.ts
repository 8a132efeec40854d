const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Formats a duration in at most two units: `24 ms`, `2.4 s`, `3m 12s`, `2h 30m`. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)} s`;
  if (ms < HOUR_MS) return pair(ms, MINUTE_MS, "m", 1000, "s");
  if (ms < DAY_MS) return pair(ms, HOUR_MS, "h", MINUTE_MS, "m");
  return pair(ms, DAY_MS, "d", HOUR_MS, "h");
}

function pair(ms: number, bigMs: number, big: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % bigMs) / smallMs);
  const whole = `${Math.floor(ms / bigMs)}${big}`;
  return rest === 0 ? whole : `${whole} ${rest}${small}`;
}

/** Formats a running duration, in whole seconds, so that it does not flicker. */
export function calmDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  return ms < 10_000 ? `${Math.floor(ms / 1000)} s` : duration(ms);
}

/** Formats a local time, with the date unless it is today: `09:05:00`. */
export function clockTime(at: string | number, nowMs: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "–";
  const time = date.toLocaleTimeString("en-GB");
  if (date.toDateString() === new Date(nowMs).toDateString()) return time;
  const day = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  return `${day} ${time}`;
}

/** Formats a local time with milliseconds. */
export function exactTime(at: string, nowMs: number): string {
  const ms = new Date(at).getMilliseconds();
  return `${clockTime(at, nowMs)}.${String(ms).padStart(3, "0")}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Milliseconds from one time to another, or 0 if the second is earlier. */
export function between(from: string, to: string | number): number {
  return Math.max(0, (typeof to === "number" ? to : Date.parse(to)) - Date.parse(from));
}
