/** Sends a signal to a process, or to a group by its negative number. Answers false if none could be sent. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has ended, or it is another user's.
    return false;
  }
}
