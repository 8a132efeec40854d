import { useLayoutEffect } from "preact/hooks";

type Action = (event: KeyboardEvent) => void;

/** Actions by the name of their key: `j`, `ArrowDown`, `/`, `Escape`. */
type Keys = { readonly [key: string]: Action };

/** The keys of each mounted component; the innermost is last and has precedence. */
const layers: Keys[] = [];

/** Binds keys while a component is mounted. */
export function useKeys(keys: Keys): void {
  useLayoutEffect(() => {
    layers.push(keys);
    return () => {
      layers.splice(layers.lastIndexOf(keys), 1);
    };
  });
}

/** Listens to the keyboard, except in fields, where keys are text, and in dialogs, which have their own. */
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
