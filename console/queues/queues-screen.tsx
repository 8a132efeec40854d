import { useId, useState } from "preact/hooks";
import { escapeTaskId, TASK_ID_PATTERN } from "../../worker-client/task-id.ts";
import { hashOf } from "../route.ts";
import { useKeys } from "../ui/keys.ts";
import { useLiving } from "../ui/live.ts";
import { Failure, Loading, Message } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status-badge.tsx";
import { useStore } from "../ui/store.ts";
import { calmDuration } from "../ui/time.ts";
import { type ListedQueue, LiveQueues, MOST_QUEUES } from "./live-queues.ts";
import { queueStatus } from "./queue-status.ts";

/** Every known queue: its depth, and what holds it up. */
export function QueuesScreen() {
  const queues = useStore(useLiving(() => new LiveQueues(), []).queues);
  useKeys({ "/": () => document.querySelector<HTMLElement>("[data-filter]")?.focus() });
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>Queues</h1>
        <OpenQueue />
      </div>
      <QueueList queues={queues} />
    </div>
  );
}

function QueueList({ queues }: { readonly queues: readonly ListedQueue[] | null }) {
  if (queues === null) return <Loading what="the queues" />;
  const [first] = queues;
  if (first === undefined) {
    return (
      <Message title="No queues yet">
        <p>A queue exists as soon as a task is put into it. Try it in a terminal:</p>
        <pre class="data">{`edge-canceler submit gpu job-1 --url ${location.origin}`}</pre>
      </Message>
    );
  }
  if (queues.every((queue) => "error" in queue) && "error" in first) {
    return <Failure error={first.error} />;
  }
  return (
    <section class="card table-scroll" aria-label="Queues">
      <table class="queue-table">
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col">State</th>
            <th scope="col">Depth</th>
            <th scope="col" class="number">
              Pending
            </th>
            <th scope="col" class="number">
              Delayed
            </th>
            <th scope="col" class="number">
              Running
            </th>
            <th scope="col" class="number">
              Oldest
            </th>
            <th scope="col" class="number">
              Free workers
            </th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <QueueRow key={queue.name} listed={queue} deepest={deepestOf(queues)} />
          ))}
        </tbody>
      </table>
      {queues.length === MOST_QUEUES && <p class="hint">{`The first ${MOST_QUEUES} are shown.`}</p>}
    </section>
  );
}

interface QueueRowProps {
  readonly listed: ListedQueue;
  readonly deepest: number;
}

function QueueRow({ listed, deepest }: QueueRowProps) {
  const link = (
    <a class="mono" href={hashOf({ screen: "queue", queue: listed.name })}>
      {listed.name}
    </a>
  );
  if ("error" in listed) {
    return (
      <tr>
        <td>{link}</td>
        <td colSpan={7} class="quiet">
          {listed.error.message}
        </td>
      </tr>
    );
  }
  const { queue } = listed;
  const { pending, delayed, running, maxRunning, oldestPendingSeconds, waitingWorkers } = queue;
  return (
    <tr>
      <td>{link}</td>
      <td>
        <StatusBadge status={queueStatus(queue)} />
      </td>
      <td class="depth-cell">
        <svg class="depth" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect class="depth-pending" width={(pending / deepest) * 100} height="8" />
          <rect
            class="depth-delayed"
            x={(pending / deepest) * 100}
            width={(delayed / deepest) * 100}
            height="8"
          />
        </svg>
      </td>
      <td class="number">{String(pending)}</td>
      <td class="number">{String(delayed)}</td>
      <td class="number">{maxRunning === null ? String(running) : `${running} / ${maxRunning}`}</td>
      <td class="number">
        {oldestPendingSeconds === null ? "–" : calmDuration(oldestPendingSeconds * 1000)}
      </td>
      <td class="number">{String(waitingWorkers)}</td>
    </tr>
  );
}

function deepestOf(queues: readonly ListedQueue[]): number {
  const depths = queues.map((listed) =>
    "queue" in listed ? listed.queue.pending + listed.queue.delayed : 0,
  );
  return Math.max(1, ...depths);
}

/** Opens a queue by its name. */
function OpenQueue() {
  const field = useId();
  const [text, setText] = useState("");
  const queue = escapeTaskId(text.trim());
  return (
    <form
      class="field-row"
      onSubmit={(event) => {
        event.preventDefault();
        if (TASK_ID_PATTERN.test(queue)) location.hash = hashOf({ screen: "queue", queue });
      }}
    >
      <label class="unseen" for={field}>
        Queue name
      </label>
      <input
        id={field}
        class="input mono"
        type="text"
        placeholder="Queue name"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        data-filter
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={!TASK_ID_PATTERN.test(queue)}>
        Open
      </button>
    </form>
  );
}
