import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type RowWindow, rowWindow, scrollFor } from "./window.ts";

interface VirtualRowsProps<Row> {
  /** Stays visible above the rows. */
  readonly head: ComponentChildren;
  /** The height of the head, in pixels. */
  readonly headHeight: number;
  readonly rows: readonly Row[];
  readonly rowHeight: number;
  readonly keyOf: (row: Row) => string;
  /** The index of the selected row. It is scrolled into view when it changes. */
  readonly selected: number | null;
  readonly onWindow: (window: RowWindow) => void;
  readonly renderRow: (row: Row, index: number) => ComponentChildren;
}

/**
 * A list of any length that renders only the rows on the screen. New rows above do not move the ones
 * being read.
 */
export function VirtualRows<Row>(props: VirtualRowsProps<Row>) {
  const { rows, rowHeight, head, headHeight, keyOf, selected, onWindow, renderRow } = props;
  const ref = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ key: string; index: number } | null>(null);
  const [viewport, setViewport] = useState({ scrollTop: 0, height: 800 });
  const shown = rowWindow({ ...viewport, rowHeight, rows: rows.length });

  const look = () => {
    const element = ref.current;
    if (element === null) return;
    const { scrollTop, clientHeight: height } = element;
    const seen = rowWindow({ scrollTop, height, rowHeight, rows: rows.length });
    const first = rows[Math.floor(scrollTop / rowHeight)];
    anchor.current =
      first === undefined || scrollTop === 0
        ? null
        : { key: keyOf(first), index: Math.floor(scrollTop / rowHeight) };
    if (seen.from !== shown.from || seen.to !== shown.to || height !== viewport.height) {
      setViewport({ scrollTop, height });
    }
    onWindow(seen);
  };

  useLayoutEffect(() => {
    const element = ref.current;
    const { current } = anchor;
    if (element !== null && current !== null) {
      const index = rows.findIndex((row) => keyOf(row) === current.key);
      if (index > current.index) element.scrollTop += (index - current.index) * rowHeight;
    }
    look();
  }, [rows, rowHeight]);

  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null || selected === null) return;
    const { scrollTop, clientHeight } = element;
    const height = clientHeight - headHeight;
    const top = scrollFor(selected, { scrollTop, height, rowHeight, rows: rows.length });
    if (top !== null) element.scrollTop = top;
    look();
  }, [selected]);

  useLayoutEffect(() => {
    if (ref.current === null) return;
    const observer = new ResizeObserver(look);
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);

  return (
    <div class="rows" ref={ref} onScroll={look} data-test="rows">
      {head}
      <div class="rows-all" style={{ height: `${rows.length * rowHeight}px` }} role="rowgroup">
        <div
          class="rows-shown"
          style={{ transform: `translateY(${shown.from * rowHeight}px)` }}
          role="presentation"
        >
          {rows
            .slice(shown.from, shown.to)
            .map((row, offset) => renderRow(row, shown.from + offset))}
        </div>
      </div>
    </div>
  );
}
