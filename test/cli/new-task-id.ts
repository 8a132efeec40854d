/** The id of a task that no other test knows. */
export function newTaskId(): string {
  return `exec-${crypto.randomUUID()}`;
}
