import { useEffect, useId, useState } from "preact/hooks";
import type { QueueSettings, QueueState } from "../../worker-client/protocol-queues.ts";
import { hashOf, NO_FILTER } from "../route.ts";
import { asServiceError } from "../service/service.ts";
import { noteQueue } from "../service/session.ts";
import { announce } from "../ui/announce.tsx";
import { useNow } from "../ui/clock.ts";
import { useKeys } from "../ui/keys.ts";
import { useLiving } from "../ui/live.ts";
import { Failure, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status-badge.tsx";
import { useStore } from "../ui/store.ts";
import { calmDuration } from "../ui/time.ts";
import { DepthChart } from "./depth-chart.tsx";
import { LiveQueue } from "./live-queue.ts";
import { queueStatus } from "./queue-status.ts";

/** One queue: its depth and its controls. */
export function QueueScreen({ queue }: { readonly queue: string }) {
  const live = useLiving(() => new LiveQueue(queue), [queue]);
  const view = useStore(live.view);
  useKeys({
    Escape: () => {
      location.hash = "#/queues";
    },
  });
  const isKnown = view.kind === "known";
  useEffect(() => {
    if (isKnown) noteQueue(queue, true);
  }, [queue, isKnown]);
  const filter = { ...NO_FILTER, queue };
  return (
    <div class="screen">
      <p class="crumbs">
        <a href="#/queues">Queues</a>
      </p>
      <div class="screen-head">
        <h1 class="mono">{queue}</h1>
        <p class="screen-links">
          <a href={hashOf({ screen: "tasks", filter })}>Its tasks</a>
          <a href={hashOf({ screen: "bulk", filter })}>Cancel its tasks…</a>
        </p>
      </div>
      {view.kind === "loading" && <Loading what="the queue" />}
      {view.kind === "failed" && <Failure error={view.error} />}
      {isKnown && <KnownQueue queue={view.queue} live={live} />}
    </div>
  );
}

interface KnownQueueProps {
  readonly queue: QueueState;
  readonly live: LiveQueue;
}

function KnownQueue({ queue, live }: KnownQueueProps) {
  const depths = useStore(live.depths);
  const nowMs = useNow();
  const { pending, delayed, running, maxRunning, oldestPendingSeconds, waitingWorkers } = queue;
  return (
    <>
      <p class="queue-status">
        <StatusBadge large status={queueStatus(queue)} />
      </p>
      <dl class="figures">
        <Figure name="Pending" value={String(pending)} />
        <Figure name="Delayed" value={String(delayed)} />
        <Figure
          name="Running"
          value={String(running)}
          note={maxRunning === null ? "no limit" : `of ${maxRunning}`}
        />
        <Figure
          name="Longest wait"
          value={oldestPendingSeconds === null ? "–" : calmDuration(oldestPendingSeconds * 1000)}
        />
        <Figure name="Free workers" value={String(waitingWorkers)} />
      </dl>
      <DepthChart depths={depths} nowMs={nowMs} />
      <QueueControls queue={queue} live={live} />
    </>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}

function Figure({ name, value, note }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        {note !== undefined && <span class="figure-note">{note}</span>}
      </dd>
    </div>
  );
}

/** The settings of the queue. A change is shown once the service has made it. */
function QueueControls({ queue, live }: KnownQueueProps) {
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const configure = async (settings: QueueSettings, done: string) => {
    setBusy(true);
    setError(null);
    try {
      await live.configure(settings);
      announce(done);
    } catch (thrown) {
      setError(asServiceError(thrown).message);
    } finally {
      setBusy(false);
    }
  };
  const { paused, accepting } = queue;
  return (
    <section class="card" aria-labelledby="controls-title">
      <h2 id="controls-title">Controls</h2>
      <div class="controls">
        <div>
          <button
            type="button"
            class={`button ${paused ? "button-primary" : ""}`}
            disabled={isBusy}
            onClick={() =>
              configure(
                { paused: !paused },
                paused ? "The queue is resumed" : "The queue is paused",
              )
            }
          >
            {paused ? "Resume" : "Pause"}
          </button>
          <p class="hint">
            {paused
              ? "The queue hands out no tasks. Running tasks continue."
              : "A paused queue hands out no tasks. Running tasks continue."}
          </p>
        </div>
        <div>
          <button
            type="button"
            class={`button ${accepting ? "" : "button-primary"}`}
            disabled={isBusy}
            onClick={() =>
              configure(
                { accepting: !accepting },
                accepting ? "The queue accepts no new tasks" : "The queue accepts new tasks",
              )
            }
          >
            {accepting ? "Close" : "Open"}
          </button>
          <p class="hint">
            {accepting
              ? "A closed queue refuses new tasks, and hands out the ones it has."
              : "The queue refuses new tasks, and hands out the ones it has."}
          </p>
        </div>
        <LimitForm
          key={String(queue.maxRunning)}
          current={queue.maxRunning}
          isBusy={isBusy}
          onSet={(maxRunning) => configure({ maxRunning }, "The limit is set")}
        />
      </div>
      {error !== null && (
        <p class="inline-error" role="alert">
          {error}
        </p>
      )}
    </section>
  );
}

interface LimitFormProps {
  readonly current: number | null;
  readonly isBusy: boolean;
  readonly onSet: (maxRunning: number | null) => void;
}

/** Sets how many tasks may run at once. */
function LimitForm({ current, isBusy, onSet }: LimitFormProps) {
  const field = useId();
  const [text, setText] = useState(current === null ? "" : String(current));
  const isRight = text.trim() === "" || /^[1-9]\d{0,5}$/.test(text.trim());
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isRight) onSet(text.trim() === "" ? null : Number(text));
      }}
    >
      <div class="field-row limit-row">
        <label for={field}>At most</label>
        <input
          id={field}
          class="input"
          type="text"
          inputMode="numeric"
          placeholder="any"
          value={text}
          aria-invalid={!isRight}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="button" disabled={isBusy || !isRight}>
          Set
        </button>
      </div>
      <p class="hint">
        How many tasks may run at once, across all workers. Leave it empty for no limit.
      </p>
    </form>
  );
}
