/** Another worker has started the task since: this attempt's outcome does not count any more. */
export class TaskFencedError extends Error {
  readonly taskId: string;
  /** The attempt that runs the task now. */
  readonly attempt: number;

  constructor(taskId: string, attempt: number) {
    super(`task ${taskId} is run by attempt ${attempt} now`);
    this.name = "TaskFencedError";
    this.taskId = taskId;
    this.attempt = attempt;
  }
}
