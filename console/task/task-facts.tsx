import type { ComponentChildren } from "preact";
import type { TaskState } from "../../worker-client/protocol.ts";
import { between, calmDuration, clockTime, duration } from "../ui/time.ts";

interface TaskFactsProps {
  readonly task: TaskState;
  readonly nowMs: number;
}

/** The main facts about a task. */
export function TaskFacts({ task, nowMs }: TaskFactsProps) {
  const { startedAt, endedAt, deadlineAt, availableAt, lease } = task;
  const isOpen = endedAt === null;
  return (
    <section class="card" aria-labelledby="facts-title">
      <h2 id="facts-title">At a glance</h2>
      <dl class="facts">
        <Moment name="Created" at={task.createdAt} nowMs={nowMs} />
        {startedAt !== null && <Moment name="Started" at={startedAt} nowMs={nowMs} />}
        {endedAt !== null && <Moment name="Ended" at={endedAt} nowMs={nowMs} />}
        {startedAt !== null && (
          <Fact name="Took">{duration(between(startedAt, endedAt ?? nowMs))}</Fact>
        )}
        {isOpen && deadlineAt !== null && <Ahead name="Deadline" at={deadlineAt} nowMs={nowMs} />}
        {isOpen && availableAt !== null && (
          <Ahead name="May start" at={availableAt} nowMs={nowMs} />
        )}
        {task.queue !== null && (
          <Fact name="Queue">
            <a class="mono" href={`#/tasks?queue=${encodeURIComponent(task.queue)}`}>
              {task.queue}
            </a>
            {task.priority !== 0 && ` · priority ${task.priority}`}
          </Fact>
        )}
        <Fact name="Attempts">{`${task.attempt} · at most ${task.maxAttempts} may fail`}</Fact>
        {lease !== null && (
          <Fact name="Lease">
            {`${lease.seconds} s · heard ${calmDuration(between(lease.heardAt, nowMs))} ago${lease.hasLine ? ", connected" : ""}`}
          </Fact>
        )}
        {isOpen && <Fact name="Watchers">{String(task.watchers)}</Fact>}
        <Fact name="Revision">
          <span class="quiet">{String(task.revision)}</span>
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface MomentProps {
  readonly name: string;
  readonly at: string;
  readonly nowMs: number;
}

function Moment({ name, at, nowMs }: MomentProps) {
  return (
    <Fact name={name}>
      <time dateTime={at} title={at}>
        {clockTime(at, nowMs)}
      </time>{" "}
      <span class="quiet">{`${calmDuration(between(at, nowMs))} ago`}</span>
    </Fact>
  );
}

/** A time in the future. */
function Ahead({ name, at, nowMs }: MomentProps) {
  const leftMs = Date.parse(at) - nowMs;
  return (
    <Fact name={name}>
      <time dateTime={at} title={at}>
        {clockTime(at, nowMs)}
      </time>{" "}
      <span class="quiet">{leftMs > 0 ? `in ${calmDuration(leftMs)}` : "now"}</span>
    </Fact>
  );
}
