import type { ProcessEntry } from "./process-list.ts";
import type { Belonging } from "./run-mark.ts";

/** What the last look for a command's processes found. */
export interface KnownMembers {
  /** The processes that were found running. */
  readonly members: readonly ProcessEntry[];
  /** The numbers of the groups and sessions that they created, and that one of them was in. */
  readonly groups: ReadonlySet<number>;
}

interface Options {
  readonly execPid: number;
  /** The command itself. */
  readonly pid: number;
  /** Null if it is not known. */
  readonly startedAtTicks: number | null;
  /** Whether it leads a group and a session of its own. */
  readonly isLeader: boolean;
  /** Whether the children that `exec` inherits are the command's. */
  readonly ownsOrphans: boolean;
  /** Whether its end has been noticed. Only then may another process get its number. */
  readonly hasEnded: boolean;
  /** What the environment of a process says about it. */
  readonly belonging: (entry: ProcessEntry) => Belonging;
}

interface Found {
  readonly members: readonly ProcessEntry[];
  readonly known: KnownMembers;
}

/**
 * Finds the processes of a command among all that run. A process is one of them if
 *
 * - it is the command itself, or its parent is one of them,
 * - its group or session was made by one of them, and one of them is still in it (the number of an
 *   empty group may be given to a stranger),
 * - its environment has the mark. This finds a process whose parent has ended and that has a session
 *   of its own (on Linux only),
 * - its parent is `exec`, which inherits every orphan as PID 1 of a container, and it is no older than
 *   the command. Older children were started by a shell that then became `exec`. This does not apply
 *   to one of several commands, because the others are children of the same process,
 * - it was one of them before,
 *
 * unless its environment says that it belongs to none: a daemon that is to be left alone, or a
 * helper of `exec`.
 */
export function findMembers(
  entries: readonly ProcessEntry[],
  known: KnownMembers,
  options: Options,
): Found {
  const { execPid, pid, isLeader, hasEnded, belonging } = options;
  const knownIds = new Set(known.members.map(({ id }) => id));
  const others = entries.filter((entry) => entry.pid !== execPid);
  const members = new Map<number, ProcessEntry>();
  const groups = new Set<number>(isLeader && !hasEnded ? [pid] : []);
  const isTied = (entry: ProcessEntry) =>
    knownIds.has(entry.id) ||
    members.has(entry.parentPid) ||
    groups.has(entry.group) ||
    groups.has(entry.session) ||
    (options.ownsOrphans && isOrphan(entry, options));
  const isMember = (entry: ProcessEntry) => {
    if (entry.pid === pid && !hasEnded) return true;
    return isTied(entry) ? belonging(entry) !== "to-none" : belonging(entry) === "to-run";
  };
  for (let grows = true; grows; ) {
    grows = false;
    for (const entry of others) {
      if (members.has(entry.pid) || !isMember(entry)) continue;
      members.set(entry.pid, entry);
      // A group that an ancestor of `exec` created contains strangers; one that a member leads does not.
      for (const group of [entry.group, entry.session]) {
        if (group === entry.pid || known.groups.has(group)) groups.add(group);
      }
      grows = true;
    }
  }
  const found = [...members.values()];
  return { members: found, known: { members: found, groups } };
}

function isOrphan(
  { parentPid, startedAtTicks }: ProcessEntry,
  { execPid, startedAtTicks: commandTicks }: Options,
): boolean {
  if (parentPid !== execPid || startedAtTicks === null || commandTicks === null) return false;
  return startedAtTicks >= commandTicks;
}
