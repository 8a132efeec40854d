import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { TaskSummary } from "../../worker-client/protocol-directory.ts";
import { type Filter, hashOf, isFiltered } from "../route.ts";
import { CancelDialog } from "../task/cancel-dialog.tsx";
import { useNow } from "../ui/clock.ts";
import { useKeys } from "../ui/keys.ts";
import { useLiving } from "../ui/live.ts";
import { useMedia } from "../ui/media.ts";
import { Failure, Loading, Message } from "../ui/states.tsx";
import { useStore } from "../ui/store.ts";
import { VirtualRows } from "../ui/virtual-rows.tsx";
import { LiveList } from "./live-list.ts";
import { TaskRow } from "./task-row.tsx";

const HEAD_HEIGHT = 30;
const ROW_HEIGHT = 38;
/** On a phone a row has two lines. */
const TALL_ROW_HEIGHT = 62;
const NARROW = "(max-width: 720px)";

const COLUMNS = [
  ["status", "Status"],
  ["id", "Task"],
  ["queue", "Queue"],
  ["attempt", "Attempt"],
  ["age", "Time"],
  ["reason", "Cancel reason"],
  ["action", ""],
] as const;

interface TaskListProps {
  readonly filter: Filter;
  /** What to show if the service keeps no list. */
  readonly withoutDirectory: preact.ComponentChildren;
}

/** The tasks that match a filter, live, newest first. */
export function TaskList({ filter, withoutDirectory }: TaskListProps) {
  const list = useLiving(() => new LiveList(filter), [hashOf({ screen: "tasks", filter })]);
  const view = useStore(list.view);
  if (view.kind === "loading") return <Loading what="the tasks" />;
  if (view.kind === "failed") {
    const { problem } = view.error;
    // An older service does not have the route.
    if (problem === "directory-off" || problem === "no-such-route") return <>{withoutDirectory}</>;
    return <Failure error={view.error} />;
  }
  if (view.rows.length === 0 && view.isWhole) return <Empty filter={filter} />;
  return <Rows list={list} rows={view.rows} isWhole={view.isWhole} />;
}

function Head() {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: nothing can be done with it
    <div class="row row-head" role="row" aria-rowindex={1}>
      {COLUMNS.map(([name, title]) => (
        // biome-ignore lint/a11y/useFocusableInteractive: nothing can be done with it
        <div key={name} class={`cell cell-${name}`} role="columnheader">
          {title === "" ? <span class="unseen">Action</span> : title}
        </div>
      ))}
    </div>
  );
}

interface RowsProps {
  readonly list: LiveList;
  readonly rows: readonly TaskSummary[];
  readonly isWhole: boolean;
}

function Rows({ list, rows, isWhole }: RowsProps) {
  const nowMs = useNow();
  const isNarrow = useMedia(NARROW);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [cancelled, setCancelled] = useState<TaskSummary | null>(null);
  const isMoving = useRef(false);
  const found = selectedId === null ? -1 : rows.findIndex(({ id }) => id === selectedId);
  const selected = found === -1 ? null : found;
  const move = (step: number) => {
    isMoving.current = true;
    // Keys can arrive faster than the list renders.
    setSelectedId((from) => {
      const index = from === null ? -1 : rows.findIndex(({ id }) => id === from);
      return rows[Math.max(0, Math.min(rows.length - 1, index + step))]?.id ?? from;
    });
  };
  const current = selected === null ? undefined : rows[selected];
  useKeys({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    c: () => {
      if (current?.status === "pending" || current?.status === "running") setCancelled(current);
    },
  });
  useLayoutEffect(() => {
    if (!isMoving.current) return;
    isMoving.current = false;
    document.querySelector<HTMLElement>(".row-selected .row-link")?.focus({ preventScroll: true });
  });
  return (
    <>
      <div
        class="task-table"
        role="table"
        aria-label="Tasks"
        aria-rowcount={isWhole ? rows.length + 1 : -1}
      >
        <VirtualRows
          head={isNarrow ? null : <Head />}
          headHeight={isNarrow ? 0 : HEAD_HEIGHT}
          rows={rows}
          rowHeight={isNarrow ? TALL_ROW_HEIGHT : ROW_HEIGHT}
          keyOf={({ id }) => id}
          selected={selected}
          onWindow={(seen) => list.see(seen)}
          renderRow={(task, index) => (
            <TaskRow
              key={task.id}
              task={task}
              index={index}
              isSelected={selected === null ? index === 0 : index === selected}
              nowMs={nowMs}
              onSelect={({ id }) => setSelectedId(id)}
              onCancel={setCancelled}
            />
          )}
        />
      </div>
      <p class="list-foot" role="status">
        {isWhole
          ? `${rows.length} ${rows.length === 1 ? "task" : "tasks"}`
          : `${rows.length} tasks, and more below`}
      </p>
      {cancelled !== null && (
        <CancelDialog
          id={cancelled.id}
          onCancelled={(task) => list.put(task)}
          onClose={() => setCancelled(null)}
        />
      )}
    </>
  );
}

function Empty({ filter }: { readonly filter: Filter }) {
  if (!isFiltered(filter)) {
    return (
      <Message title="No tasks yet">
        <p>
          A task is listed here as soon as somebody declares or starts it. Try it in a terminal:
        </p>
        <pre class="data">{`edge-canceler exec job-1 --url ${location.origin} -- sleep 600`}</pre>
      </Message>
    );
  }
  return (
    <Message title="No task matches">
      {filter.prefix !== "" && (
        <p>
          <a href={hashOf({ screen: "task", id: filter.prefix })}>
            Open <span class="mono">{filter.prefix}</span> anyway
          </a>
        </p>
      )}
      <p>
        <a href="#/tasks">Show all tasks</a>
      </p>
    </Message>
  );
}
