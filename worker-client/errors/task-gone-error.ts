/** The task ended and was forgotten while nobody could hear of it: there is nothing left to work for. */
export class TaskGoneError extends Error {
  readonly taskId: string;

  constructor(taskId: string, options?: ErrorOptions) {
    super(`task ${taskId} has ended and was forgotten`, options);
    this.name = "TaskGoneError";
    this.taskId = taskId;
  }
}
