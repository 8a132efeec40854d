import { useEffect, useState } from "preact/hooks";
import { ask, asServiceError, type ServiceError } from "./service.ts";

/** What came of asking for something. */
export type Answered<Answer> =
  | { readonly kind: "waiting" }
  | { readonly kind: "there"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly error: ServiceError };

/**
 * Asks a path, and again whenever the key changes: the key says of what the answer is. What is there
 * stays until the next answer, so nothing flickers.
 */
export function useAnswer<Answer>(path: string, key: string): Answered<Answer> {
  const [state, setState] = useState<Answered<Answer>>({ kind: "waiting" });
  useEffect(() => {
    const left = new AbortController();
    ask<Answer>(path, { signal: left.signal }).then(
      (answer) => setState({ kind: "there", answer }),
      (thrown) => {
        if (left.signal.aborted) return;
        const error = asServiceError(thrown);
        setState((shown) =>
          error.isPassing && shown.kind === "there" ? shown : { kind: "failed", error },
        );
      },
    );
    return () => left.abort();
  }, [path, key]);
  return state;
}
