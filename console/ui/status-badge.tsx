import type { Mark, StatusText } from "./status.ts";

/** SVG paths of the shapes, 16 × 16. They can be told apart without colour. */
const SHAPES: { readonly [mark in Mark]: readonly string[] } = {
  ring: ["M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11"],
  play: ["M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 1 1 0-12.5M6.5 5.25v5.5L11 8z"],
  half: ["M8 1.75a6.25 6.25 0 0 0 0 12.5z", "M8 2.5a5.5 5.5 0 0 1 0 11"],
  check: ["M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 1 1 0-12.5", "M5.2 8.2l2 2L11 6"],
  cross: ["M2.5 2.5h11v11h-11z", "M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8"],
  slash: ["M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M4.2 11.8l7.6-7.6"],
  gap: ["M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11", "M8 4.8v4M8 11.2v.1"],
  clock: ["M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M8 5v3.2l2 1.4"],
};

/** The shape of a status. It is hidden from screen readers, since the word beside it says the same. */
export function StatusMark({ mark }: { readonly mark: Mark }) {
  return (
    <svg class={`mark mark-${mark}`} viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[mark].map((path) => (
        <path key={path} d={path} />
      ))}
    </svg>
  );
}

/** A status: shape, word and note. */
export function StatusBadge({
  status,
  large,
}: {
  readonly status: StatusText;
  readonly large?: boolean;
}) {
  const { word, tone, mark, note } = status;
  return (
    <span class={`status tone-${tone} ${large ? "status-large" : ""}`}>
      <StatusMark mark={mark} />
      <span class="status-word">{word}</span>
      {note !== null && <span class="status-note">{note}</span>}
    </span>
  );
}
