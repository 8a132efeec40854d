/** Which rows of a long list are on the screen. */
export interface RowWindow {
  readonly from: number;
  /** One past the last. */
  readonly to: number;
}

interface Viewport {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly rows: number;
}

/** Rows rendered beyond the edges, so that a quick scroll shows no gap. */
const MARGIN_ROWS = 12;
/** The window moves in steps, so that most scroll events render nothing. */
const STEP_ROWS = 6;

/** The rows to render: a screenful and a margin. */
export function rowWindow({ scrollTop, height, rowHeight, rows }: Viewport): RowWindow {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const from = Math.max(0, Math.floor((first - MARGIN_ROWS) / STEP_ROWS) * STEP_ROWS);
  const seen = Math.ceil(height / rowHeight);
  const to = Math.min(rows, from + seen + 2 * MARGIN_ROWS + STEP_ROWS);
  return { from: Math.min(from, to), to };
}

/** The `scrollTop` that brings a row into view, or null if it already is. */
export function scrollFor(row: number, { scrollTop, height, rowHeight }: Viewport): number | null {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return top + rowHeight - height;
  return null;
}
