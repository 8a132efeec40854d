/** Whether anything is in a process group; one that has ended, and was not waited for, is. */
export function isGroupThere(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    // All of it is another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
