import { useEffect, useState } from "preact/hooks";
import { announce } from "./announce.tsx";

interface CopyProps {
  readonly text: string;
  /** What the text is, such as `the id`. */
  readonly what: string;
}

const SHOWN_MS = 1500;

/** Copies a text to the clipboard. */
export function CopyButton({ text, what }: CopyProps) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      announce(`Copied ${what}`);
    } catch {
      announce("This browser does not allow copying");
    }
  };
  return (
    <button type="button" class="copy" aria-label={`Copy ${what}`} onClick={copy}>
      {isDone ? "Copied" : "Copy"}
    </button>
  );
}
