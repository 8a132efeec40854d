import { hasMark } from "./has-mark.ts";
import { listProcesses } from "./list-processes.ts";
import type { ProcessEntry } from "./process-entry.ts";
import type { RunMark } from "./run-mark.ts";

interface Options {
  /** The command itself. */
  readonly pid: number;
  /** Whether it leads a group and a session of its own. */
  readonly isLeader: boolean;
  readonly mark: RunMark;
  /** Processes of `exec` that are no part of the command. */
  readonly except: () => readonly number[];
}

/**
 * The processes that a command consists of, wherever they went. Each of these makes one of them:
 *
 * - its parent is one (or is `exec` itself, which as PID 1 of a container inherits every orphan),
 * - its group or session was made by one,
 * - the mark in its environment, which is how one is found whose parent has ended, and which has a
 *   session of its own (Linux only),
 * - it was one before.
 *
 * One gets away that does all of it before it is looked for: leaves its group, loses its parent
 * and clears its environment.
 */
export class CommandProcesses {
  readonly #options: Options;
  /** Those that were found, and the groups that they made, by number. */
  readonly #members = new Set<string>();
  readonly #groups = new Set<number>();
  readonly #strangers = new Set<string>();

  constructor(options: Options) {
    this.#options = options;
    if (options.isLeader) this.#groups.add(options.pid);
  }

  /** Those that run now. */
  list(): ProcessEntry[] {
    const except = [process.pid, ...this.#options.except()];
    const others = listProcesses().filter(({ pid }) => !except.includes(pid));
    const found = new Map<number, ProcessEntry>();
    const isFamily = (entry: ProcessEntry) =>
      found.has(entry.parentPid) ||
      this.#groups.has(entry.group) ||
      this.#groups.has(entry.session);
    for (let grows = true; grows; ) {
      grows = false;
      for (const entry of others) {
        if (found.has(entry.pid)) continue;
        if (!isFamily(entry) && !this.#isMember(entry)) continue;
        found.set(entry.pid, entry);
        this.#members.add(keyOf(entry));
        // A group that an ancestor of `exec` made is shared with others; one that a member leads is not.
        if (entry.group === entry.pid) this.#groups.add(entry.pid);
        grows = true;
      }
    }
    return [...found.values()];
  }

  #isMember(entry: ProcessEntry): boolean {
    const { pid, mark } = this.#options;
    if (entry.pid === pid || entry.parentPid === process.pid) return true;
    const key = keyOf(entry);
    if (this.#members.has(key)) return true;
    if (this.#strangers.has(key)) return false;
    if (hasMark(entry.pid, mark)) return true;
    this.#strangers.add(key);
    return false;
  }
}

function keyOf({ pid, startedAt }: ProcessEntry): string {
  return `${pid} ${startedAt}`;
}
