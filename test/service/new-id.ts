/** A task id that no other test has: storage is shared within a file. */
export function newId(): string {
  return `task-${crypto.randomUUID()}`;
}
