import { useEffect, useId, useState } from "preact/hooks";
import { TASK_STATUSES } from "../../worker-client/protocol.ts";
import type { TaskStats } from "../../worker-client/protocol-directory.ts";
import { escapeTaskId, TASK_ID_PATTERN } from "../../worker-client/task-id.ts";
import { type Filter, hashOf, isFiltered } from "../route.ts";
import { knownQueues } from "../service/session.ts";
import { countOf, queuesOf } from "../service/stats.ts";
import { NameField, SinceField } from "../ui/filter-fields.tsx";
import { useDebounced } from "../ui/media.ts";
import { StatusChips } from "../ui/status-chips.tsx";

interface FilterBarProps {
  readonly filter: Filter;
  readonly stats: TaskStats | null;
}

/** The filter of the list. It is kept in the URL, so that links can be shared. */
export function FilterBar({ filter, stats }: FilterBarProps) {
  const queues = [...new Set([...(stats === null ? [] : queuesOf(stats)), ...knownQueues()])];
  const showDebounced = useDebounced(show);
  return (
    <search class="filters">
      <IdField filter={filter} onChange={(prefix) => showDebounced({ ...filter, prefix })} />
      <NameField
        label="Queue"
        value={filter.queue}
        names={queues}
        onChange={(queue) => show({ ...filter, queue })}
      />
      <NameField
        label="Parent"
        value={filter.parent}
        onChange={(parent) => show({ ...filter, parent })}
      />
      <SinceField
        label="Created"
        value={filter.createdAfter}
        onChange={(createdAfter) => show({ ...filter, createdAfter })}
      />
      <StatusChips
        statuses={TASK_STATUSES}
        chosen={filter.statuses}
        onChange={(statuses) => show({ ...filter, statuses })}
        countOf={(status) => stats && compact(countOf(stats, status, filter.queue))}
      />
      <div class="filter-actions">
        {isFiltered(filter) && <a href="#/tasks">Clear</a>}
        <a href={hashOf({ screen: "bulk", filter })}>Cancel these…</a>
      </div>
    </search>
  );
}

interface IdFieldProps {
  readonly filter: Filter;
  readonly onChange: (prefix: string) => void;
}

/** Filters by the start of the id. Enter opens the task with exactly this id. */
function IdField({ filter, onChange }: IdFieldProps) {
  const field = useId();
  const [text, setText] = useState(filter.prefix);
  // The URL can also change in other ways.
  useEffect(
    () => setText((shown) => (idOf(shown) === filter.prefix ? shown : filter.prefix)),
    [filter.prefix],
  );
  const id = idOf(text);
  return (
    <form
      class="filter-id"
      onSubmit={(event) => {
        event.preventDefault();
        if (TASK_ID_PATTERN.test(id)) location.hash = hashOf({ screen: "task", id });
      }}
    >
      <label class="unseen" for={field}>
        Task id or prefix
      </label>
      <input
        id={field}
        class="input mono"
        type="text"
        placeholder="Task id or prefix"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        data-filter
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          onChange(idOf(event.currentTarget.value));
        }}
      />
      {TASK_ID_PATTERN.test(id) && <span class="filter-hint">Enter opens it</span>}
    </form>
  );
}

function idOf(text: string): string {
  return escapeTaskId(text.trim());
}

/** Replaces the URL, so that the back button skips earlier filters. */
function show(filter: Filter): void {
  location.replace(hashOf({ screen: "tasks", filter }));
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

function compact(count: number): string {
  return COMPACT.format(count);
}
