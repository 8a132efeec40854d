import type { ProcessEntry } from "./process-list.ts";

/** What is known of a command's processes from when they were last looked for. */
export interface KnownMembers {
  /** The `id` of each that was found so far. */
  readonly ids: ReadonlySet<string>;
  /** The groups and sessions that they made and that one of them was in, by number. */
  readonly groups: ReadonlySet<number>;
}

interface Options {
  readonly execPid: number;
  /** Processes of `exec` that are no part of the command. */
  readonly except: readonly number[];
  /** The command itself. */
  readonly pid: number;
  /** Null if it is not known. */
  readonly startedAtTicks: number | null;
  /** Whether it leads a group and a session of its own. */
  readonly isLeader: boolean;
  /** Whether its end was noticed. From then on, and not before, others may get its number. */
  readonly hasEnded: boolean;
  readonly hasMark: (entry: ProcessEntry) => boolean;
}

interface Found {
  readonly members: readonly ProcessEntry[];
  readonly known: KnownMembers;
}

/**
 * The processes that a command consists of, wherever they went, among all that run. Each of these
 * makes one of them:
 *
 * - it is the command itself, or its parent is one of them,
 * - its group or session was made by one, and one of them is still in it: an empty group's number
 *   may be given to a stranger,
 * - the mark in its environment, which is how one is found whose parent has ended, and which has a
 *   session of its own (Linux only),
 * - its parent is `exec`, which as PID 1 of a container inherits every orphan, and it is no older
 *   than the command. What is older a shell has started, which then became `exec`,
 * - it was one before.
 */
export function findMembers(
  entries: readonly ProcessEntry[],
  known: KnownMembers,
  options: Options,
): Found {
  const { pid, isLeader, hasEnded, hasMark } = options;
  const others = entries.filter((entry) => !isOfExec(entry, options));
  const members = new Map<number, ProcessEntry>();
  const groups = new Set<number>(isLeader && !hasEnded ? [pid] : []);
  const isMember = (entry: ProcessEntry) =>
    known.ids.has(entry.id) ||
    (entry.pid === pid && !hasEnded) ||
    members.has(entry.parentPid) ||
    groups.has(entry.group) ||
    groups.has(entry.session) ||
    isOrphan(entry, options) ||
    hasMark(entry);
  for (let grows = true; grows; ) {
    grows = false;
    for (const entry of others) {
      if (members.has(entry.pid) || !isMember(entry)) continue;
      members.set(entry.pid, entry);
      // A group that an ancestor of `exec` made is shared with others; one that a member leads is not.
      for (const group of [entry.group, entry.session]) {
        if (group === entry.pid || known.groups.has(group)) groups.add(group);
      }
      grows = true;
    }
  }
  const found = [...members.values()];
  const ids = new Set([...known.ids, ...found.map(({ id }) => id)]);
  return { members: found, known: { ids, groups } };
}

function isOfExec({ pid }: ProcessEntry, { execPid, except }: Options): boolean {
  return pid === execPid || except.includes(pid);
}

function isOrphan(
  { parentPid, startedAtTicks }: ProcessEntry,
  { execPid, startedAtTicks: commandTicks }: Options,
): boolean {
  if (parentPid !== execPid || startedAtTicks === null || commandTicks === null) return false;
  return startedAtTicks >= commandTicks;
}
