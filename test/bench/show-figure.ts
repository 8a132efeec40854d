/** A number with three digits that mean something, and no more. */
export function showFigure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
