import { useEffect, useState } from "preact/hooks";
import type { BulkCancellation } from "../../worker-client/protocol-directory.ts";
import { announce } from "../ui/announce.tsx";
import { useNow } from "../ui/clock.ts";
import { useLiving } from "../ui/live.ts";
import { Failure, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status-badge.tsx";
import { useStore } from "../ui/store.ts";
import { between, calmDuration, duration, exactTime } from "../ui/time.ts";
import { LiveCancellation } from "./live-cancellation.ts";
import { selectionWords, tasksOf } from "./selection.ts";

/** The progress of a bulk cancel. The service works on it whether or not anybody is looking. */
export function CancellationScreen({ id }: { readonly id: string }) {
  const live = useLiving(() => new LiveCancellation(id), [id]);
  const view = useStore(live.view);
  return (
    <div class="screen narrow">
      <p class="crumbs">
        <a href="#/bulk">Bulk cancel</a>
      </p>
      {view.kind === "loading" && <Loading what="the cancel" />}
      {view.kind === "failed" && <Failure error={view.error} />}
      {view.kind === "known" && <Progress bulk={view.bulk} />}
    </div>
  );
}

function Progress({ bulk }: { readonly bulk: BulkCancellation }) {
  const nowMs = useNow();
  const isDone = bulk.status === "done";
  const [wasDone] = useState(isDone);
  useEffect(() => {
    if (isDone && !wasDone) announce(`All ${tasksOf(bulk.matched)} have ended`);
  }, [isDone]);
  const { matched, isMatched, requested, ended, acknowledged, createdAt, endedAt } = bulk;
  const bars = [
    { name: "Cancel on record", count: requested },
    { name: "Ended", count: ended },
    { name: "Acknowledged", count: acknowledged },
  ];
  return (
    <>
      <h1>{bulk.reason ?? "No reason given"}</h1>
      <p class="queue-status">
        <StatusBadge
          large
          status={
            isDone
              ? { word: "done", tone: "good", mark: "check", note: null }
              : { word: "cancelling", tone: "stopping", mark: "half", note: null }
          }
        />
      </p>
      <section class="card" aria-labelledby="progress-title">
        <h2 id="progress-title">{`${tasksOf(matched)}${isMatched ? "" : " so far"}`}</h2>
        <p class="quiet bulk-words">{selectionWords(bulk.select)}</p>
        {bars.map(({ name, count }) => (
          <div class="bulk-bar" key={name}>
            <span>{name}</span>
            <progress max={Math.max(1, matched)} value={count} aria-label={name} />
            <span class="number">{`${count} of ${matched}`}</span>
          </div>
        ))}
        <p class="hint">
          {`Asked ${exactTime(createdAt, nowMs)}${bulk.requestedBy === null ? "" : ` by ${bulk.requestedBy}`}. `}
          {endedAt === null
            ? `It continues even if you leave: ${calmDuration(between(createdAt, nowMs))} so far.`
            : `Done after ${duration(between(createdAt, endedAt))}.`}
          {isDone &&
            acknowledged < matched &&
            ` For ${tasksOf(matched - acknowledged)}, no worker reported that it stopped: the task was not running, or its worker did not respond.`}
        </p>
      </section>
    </>
  );
}
