import { useId, useState } from "preact/hooks";
import { LIVING_STATUSES, MAX_REASON_CHARACTERS } from "../../worker-client/protocol.ts";
import type { BulkCancellation, TaskSelection } from "../../worker-client/protocol-directory.ts";
import { type Filter, hashOf } from "../route.ts";
import { asServiceError, type ServiceError } from "../service/service.ts";
import { announce } from "../ui/announce.tsx";
import { NameField, SinceField } from "../ui/filter-fields.tsx";
import { useLiving, useNoLine } from "../ui/live.ts";
import { Failure } from "../ui/states.tsx";
import { StatusChips } from "../ui/status-chips.tsx";
import { useStore } from "../ui/store.ts";
import { cancelMany, LiveCancellation } from "./live-cancellation.ts";
import { selectionOf, selectionWords, tasksOf } from "./selection.ts";

/** Cancels many tasks. They must be counted before they can be cancelled. */
export function BulkScreen({ filter }: { readonly filter: Filter }) {
  useNoLine();
  const [counted, setCounted] = useState<BulkCancellation | null>(null);
  const [error, setError] = useState<ServiceError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const select = selectionOf(filter);
  const count = async (selection: TaskSelection) => {
    setBusy(true);
    setError(null);
    setCounted(null);
    try {
      setCounted(await cancelMany({ select: selection, dryRun: true }));
    } catch (thrown) {
      setError(asServiceError(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="screen narrow">
      <h1>Bulk cancel</h1>
      <section class="card" aria-labelledby="select-title">
        <h2 id="select-title">1 · Which tasks</h2>
        <SelectionForm
          key={hashOf({ screen: "bulk", filter })}
          filter={filter}
          isBusy={isBusy}
          onChange={(changed) => {
            setCounted(null);
            location.replace(hashOf({ screen: "bulk", filter: changed }));
          }}
          onCount={select === null ? null : () => count(select)}
        />
      </section>
      {error !== null && <Failure error={error} />}
      {counted !== null && <Confirm key={counted.id} counted={counted} />}
    </div>
  );
}

interface SelectionFormProps {
  readonly filter: Filter;
  readonly isBusy: boolean;
  readonly onChange: (filter: Filter) => void;
  /** Null if the filter is empty: all tasks are never selected. */
  readonly onCount: (() => void) | null;
}

function SelectionForm({ filter, isBusy, onChange, onCount }: SelectionFormProps) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onCount?.();
      }}
    >
      <div class="bulk-fields">
        <NameField
          label="Ids that begin with"
          isLabelled
          value={filter.prefix}
          onChange={(prefix) => onChange({ ...filter, prefix })}
        />
        <NameField
          label="In the queue"
          isLabelled
          value={filter.queue}
          onChange={(queue) => onChange({ ...filter, queue })}
        />
        <NameField
          label="Children of"
          isLabelled
          value={filter.parent}
          onChange={(parent) => onChange({ ...filter, parent })}
        />
        <SinceField
          label="Created"
          isLabelled
          value={filter.createdAfter}
          onChange={(createdAfter) => onChange({ ...filter, createdAfter })}
        />
      </div>
      <StatusChips
        statuses={LIVING_STATUSES}
        chosen={filter.statuses}
        onChange={(statuses) => onChange({ ...filter, statuses })}
      />
      <div class="dialog-buttons">
        <button type="submit" class="button button-primary" disabled={isBusy || onCount === null}>
          {isBusy ? "Counting…" : "Count them"}
        </button>
      </div>
      <p class="hint">Counting changes nothing. Tasks that have ended are never selected.</p>
    </form>
  );
}

/** Shows the count as it grows, and the button that cancels the tasks. */
function Confirm({ counted }: { readonly counted: BulkCancellation }) {
  const live = useLiving(() => new LiveCancellation(counted.id), [counted.id]);
  const view = useStore(live.view);
  const field = useId();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<ServiceError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const bulk = view.kind === "known" ? view.bulk : counted;
  const isCounted = bulk.isMatched || bulk.status === "done";
  const cancel = async () => {
    setBusy(true);
    setError(null);
    try {
      const said = reason.trim();
      const begun = await cancelMany({ select: bulk.select, ...(said !== "" && { reason: said }) });
      announce("The tasks are being cancelled");
      location.hash = hashOf({ screen: "cancellation", id: begun.id });
    } catch (thrown) {
      setError(asServiceError(thrown));
      setBusy(false);
    }
  };
  return (
    <section class="card" aria-labelledby="confirm-title">
      <h2 id="confirm-title">2 · Cancel them</h2>
      <p class="bulk-count" role="status">
        <strong>{isCounted ? tasksOf(bulk.matched) : `${tasksOf(bulk.matched)} so far…`}</strong>
        <span class="quiet">{selectionWords(bulk.select)}</span>
      </p>
      {isCounted && bulk.matched > 0 && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            cancel();
          }}
        >
          <label for={field}>Reason</label>
          <input
            id={field}
            class="input"
            type="text"
            maxLength={MAX_REASON_CHARACTERS}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <div class="dialog-buttons">
            <button type="submit" class="button button-danger" disabled={isBusy}>
              {isBusy ? "Cancelling…" : `Cancel ${tasksOf(bulk.matched)}`}
            </button>
          </div>
          <p class="hint">
            This cancels the tasks that match when you press the button, even if they are not the
            ones that were counted. This cannot be undone.
          </p>
        </form>
      )}
      {error !== null && <Failure error={error} />}
    </section>
  );
}
