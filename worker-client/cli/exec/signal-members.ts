import type { ProcessEntry } from "./process-entry.ts";

interface Options {
  /** The ones that run now; the first look is done. */
  readonly look: () => readonly ProcessEntry[];
  readonly send: (entry: ProcessEntry) => void;
  /** How long it is looked for more. */
  readonly forMs: number;
}

/**
 * Signals each process once, and those too that are born meanwhile. If they are born faster than
 * they are looked for, that would go on for ever, so it ends after a while.
 */
export function signalMembers(
  first: readonly ProcessEntry[],
  { look, send, forMs }: Options,
): void {
  const done = new Set<string>();
  const endsAtMs = performance.now() + forMs;
  let members = first;
  while (members.length > 0) {
    for (const member of members) {
      done.add(member.id);
      send(member);
    }
    if (performance.now() > endsAtMs) return;
    members = look().filter(({ id }) => !done.has(id));
  }
}
