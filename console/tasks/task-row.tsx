import { Component } from "preact";
import type { TaskSummary } from "../../worker-client/protocol-directory.ts";
import { hashOf } from "../route.ts";
import { isEnded, statusText, timeoutWords } from "../ui/status.ts";
import { StatusBadge } from "../ui/status-badge.tsx";
import { between, calmDuration, duration } from "../ui/time.ts";

interface TaskRowProps {
  readonly task: TaskSummary;
  readonly index: number;
  readonly isSelected: boolean;
  /** The current time; it matters only until the task has ended. */
  readonly nowMs: number;
  readonly onSelect: (task: TaskSummary) => void;
  readonly onCancel: (task: TaskSummary) => void;
}

/** A task in the list. It renders again only if something in it has changed. */
export class TaskRow extends Component<TaskRowProps> {
  override shouldComponentUpdate(next: TaskRowProps): boolean {
    const { task, index, isSelected, nowMs } = this.props;
    if (task !== next.task || index !== next.index || isSelected !== next.isSelected) return true;
    return ageOf(next.task, next.nowMs) !== ageOf(task, nowMs);
  }

  override render({ task, index, isSelected, nowMs, onSelect, onCancel }: TaskRowProps) {
    const { id, queue, cancellation } = task;
    const isOpen = task.status === "pending" || task.status === "running";
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the link in it has the focus
      <div
        class={`row ${isSelected ? "row-selected" : ""}`}
        role="row"
        aria-rowindex={index + 2}
        data-id={id}
        onFocusCapture={() => onSelect(task)}
      >
        <div class="cell cell-status" role="cell">
          <StatusBadge status={statusText(task, nowMs)} />
        </div>
        <div class="cell cell-id" role="cell">
          <a
            class="row-link mono"
            href={hashOf({ screen: "task", id })}
            tabIndex={isSelected ? 0 : -1}
          >
            {id}
          </a>
        </div>
        <div class="cell cell-queue mono" role="cell">
          {queue ?? <span class="quiet">–</span>}
        </div>
        <div class="cell cell-attempt number" role="cell">
          {task.attempt === 0 ? <span class="quiet">–</span> : String(task.attempt)}
        </div>
        <div class="cell cell-age number" role="cell">
          {ageOf(task, nowMs)}
        </div>
        <div class="cell cell-reason" role="cell">
          {cancellation?.cause === "timeout" ? timeoutWords(task) : (cancellation?.reason ?? "")}
        </div>
        <div class="cell cell-action" role="cell">
          {isOpen && (
            <button
              type="button"
              class="row-cancel"
              tabIndex={isSelected ? 0 : -1}
              aria-label={`Cancel ${id}`}
              onClick={() => onCancel(task)}
            >
              Cancel
            </button>
          )}
        </div>
      </div>
    );
  }
}

/** How long the task ran, has been running or has been waiting. */
function ageOf(task: TaskSummary, nowMs: number): string {
  const { createdAt, startedAt, endedAt, status } = task;
  if (endedAt !== null && isEnded(status)) {
    return startedAt === null ? "–" : duration(between(startedAt, endedAt));
  }
  return calmDuration(between(status === "pending" ? createdAt : (startedAt ?? createdAt), nowMs));
}
