import { useLayoutEffect } from "preact/hooks";

type Action = (event: KeyboardEvent) => void;

/** What keys do, by their name: `j`, `ArrowDown`, `/`, `Escape`. */
export type Keys = { readonly [key: string]: Action };

/** The innermost part of the screen is asked first. */
const layers: Keys[] = [];

/** Lets keys do something while a component is there. */
export function useKeys(keys: Keys): void {
  useLayoutEffect(() => {
    layers.push(keys);
    return () => {
      layers.splice(layers.lastIndexOf(keys), 1);
    };
  });
}

/** Listens to the keyboard. Whoever writes in a field means the text, and a dialog has keys of its own. */
export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const isWriting =
      event.target instanceof HTMLElement &&
      event.target.matches("input, textarea, select, [contenteditable]");
    if (isWriting) {
      if (event.key === "Escape" && event.target instanceof HTMLElement) event.target.blur();
      return;
    }
    for (const keys of [...layers].reverse()) {
      const action = keys[event.key];
      if (action === undefined) continue;
      event.preventDefault();
      action(event);
      return;
    }
  });
}
