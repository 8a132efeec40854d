import { useEffect, useState } from "preact/hooks";

/** Whether a media query matches, updated when that changes. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const follow = () => setMatches(list.matches);
    follow();
    list.addEventListener("change", follow);
    return () => list.removeEventListener("change", follow);
  }, [query]);
  return matches;
}

const QUIET_MS = 250;

/** Debounces a function: after a quiet moment, it is called with the latest value. */
export function useDebounced<Value>(act: (value: Value) => void): (value: Value) => void {
  const [timer] = useState<{ id: ReturnType<typeof setTimeout> | undefined }>({ id: undefined });
  return (value) => {
    clearTimeout(timer.id);
    timer.id = setTimeout(() => act(value), QUIET_MS);
  };
}
