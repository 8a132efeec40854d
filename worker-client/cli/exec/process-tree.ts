import { CommandGroup } from "./command-group.ts";
import { findMembers, type KnownMembers } from "./members.ts";
import {
  isRunning,
  listProcesses,
  nowInTicks,
  type ProcessEntry,
  readEnviron,
  readOwnEntry,
  startOfChild,
} from "./process-list.ts";
import type { Belonging, RunMark } from "./run-mark.ts";
import { sendSignal } from "./signals.ts";

/** How long to rescan for processes that are forked while we signal. */
const RESCAN_FOR_MS = 500;

interface TreeOptions {
  /** The command itself. */
  readonly pid: number;
  /** Whether it leads a group and a session of its own. */
  readonly isLeader: boolean;
  /** Whether the children that this process inherits are the command's: it runs no other. */
  readonly ownsOrphans: boolean;
  /** Whether its end has been noticed. */
  readonly hasEnded: () => boolean;
  readonly mark: RunMark;
}

/**
 * The processes of a command that was just started, wherever they went: see `findMembers`. It looks
 * for them each time before it signals them, because numbers are reused.
 *
 * A process escapes if it leaves its group, loses its parent and clears its environment before we look
 * for it. Without a list of processes, only the command and its group are known.
 */
export class CommandProcesses {
  readonly #options: TreeOptions;
  readonly #startedAtTicks: number | null;
  readonly #group: CommandGroup;
  #known: KnownMembers;
  /** The ids of the processes in the last look whose environment says nothing. */
  #silent: ReadonlySet<string> = new Set();

  constructor(options: TreeOptions) {
    const { pid, isLeader } = options;
    this.#options = options;
    this.#startedAtTicks = startOfChild(pid);
    this.#group = new CommandGroup(options);
    this.#known = { members: [], groups: new Set(isLeader ? [pid] : []) };
  }

  /** How many of them run, as far as is known. */
  left(): number {
    return this.#look()?.length ?? this.#group.left();
  }

  /**
   * Whether any of them runs. While one of the known ones does, this reads only a file or two, and not
   * those of every process on the machine.
   */
  isAnyLeft(): boolean {
    return this.#known.members.some(isRunning) || this.left() > 0;
  }

  /** Signals the command itself, and continues it if it is stopped. Returns whether it runs. */
  signalCommand(signal: NodeJS.Signals): boolean {
    const { pid, hasEnded } = this.#options;
    if (hasEnded()) return false;
    const entry = readOwnEntry(pid);
    if (entry === null && this.#startedAtTicks !== null) return false;
    sendSignal(pid, signal);
    if (entry?.isStopped) sendSignal(pid, "SIGCONT");
    return true;
  }

  /**
   * Signals each of them once. Returns whether the command itself was among them. SIGKILL also reaches
   * processes that are forked meanwhile. Any other signal leaves alone what a process starts after it
   * has got the signal, such as the helpers of a cleanup.
   */
  signalAll(signal: NodeJS.Signals): boolean {
    const { pid, isLeader } = this.#options;
    const members = this.#look();
    if (members === null) return this.#group.signalAll(signal);
    const isInGroup = ({ group }: ProcessEntry) => isLeader && group === pid;
    const startedAtTicks = nowInTicks();
    const isGroupReached = members.some(isInGroup) && sendSignal(-pid, signal);
    signalMembers(members, {
      look: () => this.#look() ?? [],
      forMs: RESCAN_FOR_MS,
      isDue: (forked) => signal === "SIGKILL" || isOlder(forked, startedAtTicks),
      send: (member) => {
        if (!(isGroupReached && isInGroup(member))) sendSignal(member.pid, signal);
        // Until it continues, a stopped process reacts to SIGKILL only.
        if (member.isStopped) sendSignal(member.pid, "SIGCONT");
      },
    });
    return members.some((member) => member.pid === pid);
  }

  /** Those that run now; null if there is no list of processes. */
  #look(): readonly ProcessEntry[] | null {
    const entries = listProcesses();
    if (entries === null) return null;
    const { pid, isLeader, ownsOrphans, hasEnded } = this.#options;
    const silent = new Set<string>();
    const { members, known } = findMembers(entries, this.#known, {
      execPid: process.pid,
      pid,
      startedAtTicks: this.#startedAtTicks,
      isLeader,
      ownsOrphans,
      hasEnded: hasEnded(),
      belonging: (entry) => this.#belonging(entry, silent),
    });
    this.#silent = silent;
    this.#known = known;
    if (!known.groups.has(pid)) this.#group.end();
    return members;
  }

  /** Reads what a process's environment says about it, and adds the process to `silent` if it says nothing. */
  #belonging(entry: ProcessEntry, silent: Set<string>): Belonging {
    if (silent.has(entry.id) || this.#silent.has(entry.id)) {
      silent.add(entry.id);
      return "unknown";
    }
    const environ = readEnviron(entry.pid);
    const belonging = this.#options.mark.read(environ ?? "");
    // An empty environment may be about to be filled.
    if (belonging === "unknown" && environ !== "") silent.add(entry.id);
    return belonging;
  }
}

/** Whether a process is older than a time; false if that is unknown, or too close to tell. */
function isOlder({ startedAtTicks }: ProcessEntry, ticks: number | null): boolean {
  return startedAtTicks !== null && ticks !== null && startedAtTicks < ticks;
}

interface SignalOptions {
  /** The processes that run now, after the first look. */
  readonly look: () => readonly ProcessEntry[];
  readonly send: (entry: ProcessEntry) => void;
  /** Whether to signal a process that was not there at the first look. */
  readonly isDue: (entry: ProcessEntry) => boolean;
  /** How long to look for more. */
  readonly forMs: number;
}

/**
 * Signals each process once, including those that are forked meanwhile if they are due. It stops after
 * a while, because they may be forked faster than they are found.
 */
export function signalMembers(
  first: readonly ProcessEntry[],
  { look, send, isDue, forMs }: SignalOptions,
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
    members = look().filter((member) => !done.has(member.id) && isDue(member));
  }
}
