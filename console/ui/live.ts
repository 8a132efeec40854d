import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { line } from "../service/line.ts";

interface Stoppable {
  stop(): void;
}

/** Makes something that lives as long as the component, and is made anew when an input changes. */
export function useLiving<Living extends Stoppable>(
  make: () => Living,
  inputs: readonly unknown[],
): Living {
  const living = useMemo(make, inputs);
  // Not after the paint: a component that is gone by then would leave it running.
  useLayoutEffect(() => () => living.stop(), [living]);
  return living;
}

/** For a screen that follows nothing: there is no line to tell of. */
export function useNoLine(): void {
  useEffect(() => line.set("idle"), []);
}
