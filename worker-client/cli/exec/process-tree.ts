import { findMembers, type KnownMembers } from "./members.ts";
import { listProcesses, type ProcessEntry, readEnviron, readStart } from "./process-list.ts";
import { sendSignal } from "./signals.ts";

/** How long to look for processes that are born while we signal. */
const NEWBORN_FOR_MS = 500;

interface TreeOptions {
  /** The command itself. */
  readonly pid: number;
  /** Whether it leads a group and a session of its own. */
  readonly isLeader: boolean;
  /** Whether its end was noticed. */
  readonly hasEnded: () => boolean;
  readonly mark: RunMark;
}

/**
 * The processes of a command that was just started, wherever they went: see `findMembers`. It looks
 * for them each time before it signals them, because numbers are used again.
 *
 * A process escapes if it leaves its group, loses its parent and clears its environment before
 * anybody looks for it. Without a list of processes, only the command and its group are known.
 */
export class CommandProcesses {
  readonly #options: TreeOptions;
  readonly #startedAtTicks: number | null;
  readonly #group: CommandGroup;
  #known: KnownMembers;
  /** The `id` of each that has no mark. */
  readonly #strangers = new Set<string>();

  constructor(options: TreeOptions) {
    const { pid, isLeader } = options;
    this.#options = options;
    this.#startedAtTicks = readStart(pid);
    this.#group = new CommandGroup(options);
    this.#known = { ids: new Set(), groups: new Set(isLeader ? [pid] : []) };
  }

  /** How many of them run, as far as is known. */
  left(): number {
    return this.#look()?.length ?? this.#group.left();
  }

  /** Signals each of them once. Returns whether the command itself was among them. */
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
        // A stopped process takes no other signal but SIGKILL.
        if (member.isStopped) sendSignal(member.pid, "SIGCONT");
      },
    });
    return members.some((member) => member.pid === pid);
  }

  /** Those that run now; null if there is no list of processes. */
  #look(): readonly ProcessEntry[] | null {
    const entries = listProcesses();
    if (entries === null) return null;
    const { pid, isLeader, hasEnded } = this.#options;
    const { members, known } = findMembers(entries, this.#known, {
      execPid: process.pid,
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
    const environ = readEnviron(entry.pid);
    if (environ !== null && this.#options.mark.isIn(environ)) return true;
    // An empty environment may be about to be filled.
    if (environ !== "") this.#strangers.add(entry.id);
    return false;
  }
}

const NAME = "EDGE_CANCELER_RUN";

/** A variable that only the environment of one command holds, and of what it starts. */
export class RunMark {
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  /** The variables to add for the command. A run inside of another run has both marks. */
  addTo(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
    const outer = environment[NAME];
    return { [NAME]: outer ? `${outer} ${this.#id}` : this.#id };
  }

  /** Whether an environment, as /proc has it, holds the mark. */
  isIn(environ: string): boolean {
    const variable = environ.split("\0").find((text) => text.startsWith(`${NAME}=`));
    return variable?.includes(this.#id) ?? false;
  }
}

interface SignalOptions {
  /** The processes that run now, after the first look. */
  readonly look: () => readonly ProcessEntry[];
  readonly send: (entry: ProcessEntry) => void;
  /** How long to look for more. */
  readonly forMs: number;
}

/**
 * Signals each process once, including those that are born meanwhile. It stops after a while,
 * because they may be born faster than they are found.
 */
export function signalMembers(
  first: readonly ProcessEntry[],
  { look, send, forMs }: SignalOptions,
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

/** How long SIGKILL takes at most. What a group still holds then are zombies. */
const KILLED_WITHIN_MS = 500;

interface GroupOptions {
  /** The command itself. */
  readonly pid: number;
  /** Whether it leads a group of its own. */
  readonly isLeader: boolean;
  /** Whether its end was noticed. */
  readonly hasEnded: () => boolean;
}

/**
 * A command and its group, for where there is no list of processes. Signal 0 tells whether the group
 * holds anything, be it a process that runs or a zombie.
 */
class CommandGroup {
  readonly #options: GroupOptions;
  #isOver = false;
  #killedAtMs: number | null = null;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /** From here on, the group's number may be somebody else's. */
  end(): void {
    this.#isOver = true;
  }

  /** 1 as long as anything is left of it, or 0. */
  left(): number {
    if (!this.#options.hasEnded()) return 1;
    if (!this.#isThere() || this.#isKilled) this.end();
    return this.#isOver ? 0 : 1;
  }

  /** Signals all of it. Returns whether the command itself was among them. */
  signalAll(signal: NodeJS.Signals): boolean {
    if (this.left() === 0) return false;
    const { pid, isLeader, hasEnded } = this.#options;
    const target = isLeader ? -pid : pid;
    const isSent = sendSignal(target, signal);
    if (isSent && signal === "SIGKILL") this.#killedAtMs ??= performance.now();
    // A stopped process takes no other signal but SIGKILL.
    sendSignal(target, "SIGCONT");
    return !hasEnded();
  }

  #isThere(): boolean {
    const { pid, isLeader } = this.#options;
    return isLeader && !this.#isOver && isGroupThere(pid);
  }

  get #isKilled(): boolean {
    return this.#killedAtMs !== null && performance.now() > this.#killedAtMs + KILLED_WITHIN_MS;
  }
}

/** Whether a process group holds anything, zombies included. */
function isGroupThere(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    // All of its processes are another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
