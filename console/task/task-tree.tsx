import type { TaskState, TaskStatus } from "../../worker-client/protocol.ts";
import type { Descendants, TaskTree as Tree } from "../../worker-client/protocol-trees.ts";
import { hashOf } from "../route.ts";
import { taskPath } from "../service/service.ts";
import { useAnswer } from "../service/use-answer.ts";
import { LOOK } from "../ui/status.ts";
import { StatusMark } from "../ui/status-badge.tsx";

interface TaskTreeProps {
  readonly task: TaskState;
  readonly nowMs: number;
}

const DEPTH = 3;
const AGAIN_MS = 5000;

/** The task's parent, and the tasks below it. */
export function TaskTree({ task, nowMs }: TaskTreeProps) {
  const { id, parent, descendants, revision } = task;
  if (parent === null && descendants === null) return null;
  // Changes below a task do not change its own state, so poll while something there is alive.
  const isLiving = descendants !== null && descendants.ended < descendants.total;
  const livingMoment = isLiving ? Math.floor(nowMs / AGAIN_MS) : 0;
  return (
    <section class="card" aria-labelledby="tree-title">
      <h2 id="tree-title">Tree</h2>
      {parent !== null && (
        <p class="tree-parent">
          Child of <TaskLink id={parent} />
        </p>
      )}
      {descendants !== null && (
        <>
          <p class="tree-figures">{figuresOf(descendants)}</p>
          <progress
            max={Math.max(1, descendants.total)}
            value={descendants.ended}
            aria-label="Ended descendants"
          />
          <Below id={id} moment={`${revision} ${descendants.ended} ${livingMoment}`} />
        </>
      )}
    </section>
  );
}

function Below({ id, moment }: { readonly id: string; readonly moment: string }) {
  const state = useAnswer<Tree>(taskPath(id, `/tree?depth=${DEPTH}`), moment);
  if (state.kind === "waiting") return null;
  if (state.kind === "failed" && state.error.problem === "no-such-route") return null;
  if (state.kind === "failed") return <p class="inline-error">{state.error.message}</p>;
  return <Children tree={state.answer} />;
}

function Children({ tree }: { readonly tree: Tree }) {
  return (
    <ul class="tree">
      {tree.children.map((child) => (
        <li key={child.id}>
          <TreeStatus status={child.status} />
          <TaskLink id={child.id} />
          {child.descendants !== null && child.children.length === 0 && (
            <span class="quiet">{`${child.descendants.total} below`}</span>
          )}
          {child.children.length > 0 && <Children tree={child} />}
        </li>
      ))}
      {tree.hidden > 0 && <li class="quiet">{`${tree.hidden} more`}</li>}
    </ul>
  );
}

function TreeStatus({ status }: { readonly status: TaskStatus | null }) {
  if (status === null) return <span class="quiet">forgotten</span>;
  const { word, tone, mark } = LOOK[status];
  return (
    <span class={`status tone-${tone}`}>
      <StatusMark mark={mark} />
      <span class="unseen">{word}</span>
    </span>
  );
}

function TaskLink({ id }: { readonly id: string }) {
  return (
    <a class="mono" href={hashOf({ screen: "task", id })}>
      {id}
    </a>
  );
}

/** How many have ended, and how many of those are confirmed. */
function figuresOf({ total, ended, acknowledged, unconfirmed }: Descendants): string {
  const parts = [`${ended} of ${total} tasks below it have ended`];
  if (acknowledged > 0) parts.push(`${acknowledged} reported that they stopped`);
  if (unconfirmed > 0) parts.push(`${unconfirmed} not confirmed`);
  return parts.join(" · ");
}
