import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { line } from "../service/line.ts";

interface Stoppable {
  stop(): void;
}

/** Creates an object, stops it when the component unmounts, and replaces it when an input changes. */
export function useLiving<Living extends Stoppable>(
  make: () => Living,
  inputs: readonly unknown[],
): Living {
  const living = useMemo(make, inputs);
  // A layout effect, since a component that unmounts before the paint would leave it running.
  useLayoutEffect(() => () => living.stop(), [living]);
  return living;
}

/** For a screen that needs no connection. */
export function useNoLine(): void {
  useEffect(() => line.set("idle"), []);
}
