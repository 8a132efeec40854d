import type {
  BulkCancellation,
  BulkCancelRequest,
} from "../../worker-client/protocol-directory.ts";
import { keepFollowing, readStream } from "../service/follow.ts";
import { ask, type ServiceError } from "../service/service.ts";
import { Store } from "../ui/store.ts";

/** A bulk cancel, as far as the page knows it. */
type CancellationView =
  | { readonly kind: "loading" }
  | { readonly kind: "known"; readonly bulk: BulkCancellation }
  | { readonly kind: "failed"; readonly error: ServiceError };

/** Starts a bulk cancel, or counts the tasks (`dryRun`). */
export function cancelMany(body: BulkCancelRequest): Promise<BulkCancellation> {
  return ask<BulkCancellation>("/v1/cancellations", { method: "POST", body });
}

/** Follows a bulk cancel to its end. */
export class LiveCancellation {
  readonly view = new Store<CancellationView>({ kind: "loading" });
  readonly #end = new AbortController();

  constructor(id: string) {
    const path = `/v1/cancellations/${encodeURIComponent(id)}`;
    keepFollowing({
      signal: this.#end.signal,
      listen: async (signal, worked) => {
        await readStream<BulkCancellation>(path, {
          signal,
          onOpen: worked,
          onState: (bulk) => this.view.set({ kind: "known", bulk }),
        });
        // Once it is done, nothing more will come.
        const { value } = this.view;
        if (value.kind === "known" && value.bulk.status === "done") this.stop();
      },
      onFailure: (error) => {
        if (!error.isPassing || this.view.value.kind !== "known") {
          this.view.set({ kind: "failed", error });
        }
        return error.isPassing;
      },
    });
  }

  stop(): void {
    this.#end.abort();
  }
}
