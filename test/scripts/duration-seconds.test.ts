import { expect, it } from "vitest";
import { durationSeconds } from "../../scripts/duration-seconds.ts";

it.each([
  ["90s", 90],
  ["5m", 300],
  ["2h30m", 9000],
  ["1d", 86_400],
  ["1d2h3m4s", 93_784],
  ["0s", 0],
])("%s is %i seconds", (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});

it.each(["", "90", "m", "30m2h", "1.5h", "-1h", "1h 30m", "1w", "1H", "5ms", " 1h", "1h\n"])(
  '"%s" is no duration',
  (text) => {
    expect(durationSeconds(text)).toBeNull();
  },
);
