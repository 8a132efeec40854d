import { CommandGroup } from "./command-group.ts";
import { findMembers } from "./find-members.ts";
import type { KnownMembers } from "./known-members.ts";
import { listProcesses } from "./list-processes.ts";
import type { ProcessEntry } from "./process-entry.ts";
import { readEnviron } from "./read-environ.ts";
import { readStart } from "./read-start.ts";
import type { RunMark } from "./run-mark.ts";
import { sendSignal } from "./send-signal.ts";
import { signalMembers } from "./signal-members.ts";

/** So long those are looked for that are born while the others are signalled. */
const NEWBORN_FOR_MS = 500;

interface Options {
  /** The command itself. */
  readonly pid: number;
  /** Whether it leads a group and a session of its own. */
  readonly isLeader: boolean;
  /** Whether its end was noticed. */
  readonly hasEnded: () => boolean;
  readonly mark: RunMark;
  /** Processes of `exec` that are no part of the command. */
  readonly except: () => readonly number[];
}

/**
 * The processes of a command that was just started, wherever they went: see `findMembers`. They are
 * looked for right before they are signalled, each time, because numbers are used again.
 *
 * One gets away that does all of it before it is looked for: leaves its group, loses its parent
 * and clears its environment. Where no list of processes is to be had, the command and its group
 * are all that is known.
 */
export class CommandProcesses {
  readonly #options: Options;
  readonly #startedAtTicks: number | null;
  readonly #group: CommandGroup;
  #known: KnownMembers;
  /** The `id` of each that has no mark. */
  readonly #strangers = new Set<string>();

  constructor(options: Options) {
    const { pid, isLeader } = options;
    this.#options = options;
    this.#startedAtTicks = readStart(pid);
    this.#group = new CommandGroup(options);
    this.#known = { ids: new Set(), groups: new Set(isLeader ? [pid] : []) };
  }

  /** How many there are, as far as can be told. */
  left(): number {
    return this.#look()?.length ?? this.#group.left();
  }

  /** A signal to each of them, once. Answers whether the command itself was among them. */
  signalAll(signal: NodeJS.Signals): boolean {
    const { pid, isLeader } = this.#options;
    const members = this.#look();
    if (members === null) return this.#group.signalAll(signal);
    const isInGroup = ({ group }: ProcessEntry) => isLeader && group === pid;
    const isGroupReached = members.some(isInGroup) && sendSignal(-pid, signal);
    signalMembers(members, {
      look: () => this.#look() ?? [],
      forMs: NEWBORN_FOR_MS,
      send: (member) => {
        if (!(isGroupReached && isInGroup(member))) sendSignal(member.pid, signal);
        // One that is stopped hears of nothing but this and SIGKILL.
        if (member.isStopped) sendSignal(member.pid, "SIGCONT");
      },
    });
    return members.some((member) => member.pid === pid);
  }

  /** Those that run now; null if nobody tells. */
  #look(): readonly ProcessEntry[] | null {
    const entries = listProcesses();
    if (entries === null) return null;
    const { pid, isLeader, hasEnded, except } = this.#options;
    const { members, known } = findMembers(entries, this.#known, {
      execPid: process.pid,
      except: except(),
      pid,
      startedAtTicks: this.#startedAtTicks,
      isLeader,
      hasEnded: hasEnded(),
      hasMark: (entry) => this.#hasMark(entry),
    });
    this.#known = known;
    if (!known.groups.has(pid)) this.#group.end();
    return members;
  }

  #hasMark(entry: ProcessEntry): boolean {
    if (this.#strangers.has(entry.id)) return false;
    const environ = readEnviron(entry);
    if (environ !== null && this.#options.mark.isIn(environ)) return true;
    // An empty one may be about to be filled.
    if (environ !== "") this.#strangers.add(entry.id);
    return false;
  }
}
