import { readdirSync } from "node:fs";
import { findMembers, type KnownMembers } from "./members.ts";
import {
  listProcesses,
  type ProcessEntry,
  readEnviron,
  readProc,
  readStart,
} from "./process-list.ts";
import { sendSignal } from "./signals.ts";

/** So long those are looked for that are born while the others are signalled. */
const NEWBORN_FOR_MS = 500;

interface TreeOptions {
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

const NAME = "EDGE_CANCELER_RUN";

/** What a command's environment holds and nobody else's, but for what it starts. */
export class RunMark {
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  /** The variables of the command. A run inside of a run has both marks. */
  addTo(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
    const outer = environment[NAME];
    return { [NAME]: outer ? `${outer} ${this.#id}` : this.#id };
  }

  /** Whether it is in an environment as /proc has it. */
  isIn(environ: string): boolean {
    const variable = environ.split("\0").find((text) => text.startsWith(`${NAME}=`));
    return variable?.includes(this.#id) ?? false;
  }
}

interface SignalOptions {
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

/** By then SIGKILL has ended what it ends; what is there still has ended, and was not waited for. */
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
 * A command and its group, for where nobody tells which processes there are. Whether what is in the
 * group runs, or has ended and was not waited for, may not be told there either.
 */
class CommandGroup {
  readonly #options: GroupOptions;
  #isOver = false;
  #killedAtMs: number | null = null;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /** From here on its number is no longer its own. */
  end(): void {
    this.#isOver = true;
  }

  /** As many as are known of. */
  left(): number {
    if (!this.#options.hasEnded()) return 1;
    if (!this.#isThere() || this.#isKilled) this.end();
    return this.#isOver ? 0 : 1;
  }

  /** A signal to all of it; answers whether the command itself was among them. */
  signalAll(signal: NodeJS.Signals): boolean {
    if (this.left() === 0) return false;
    const { pid, isLeader, hasEnded } = this.#options;
    const target = isLeader ? -pid : pid;
    const isSent = sendSignal(target, signal);
    if (isSent && signal === "SIGKILL") this.#killedAtMs ??= performance.now();
    // One that is stopped hears of nothing but this and SIGKILL.
    sendSignal(target, "SIGCONT");
    return !hasEnded();
  }

  #isThere(): boolean {
    const { pid, isLeader } = this.#options;
    return isLeader && !this.#isOver && isGroupThere(pid) && !hasGroupEnded(pid);
  }

  get #isKilled(): boolean {
    return this.#killedAtMs !== null && performance.now() > this.#killedAtMs + KILLED_WITHIN_MS;
  }
}

/** Whether anything is in a process group; one that has ended, and was not waited for, is. */
function isGroupThere(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch (error) {
    // All of it is another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Whether nothing of a group runs, though it is still there: what has ended stays in it until its
 * parent has waited for it, which `exec` as PID 1 does not do for orphans. The /proc of an outer PID
 * namespace tells, which has the numbers of the inner ones too; false where there is none.
 */
function hasGroupEnded(group: number): boolean {
  const pids = numbersIn(readStatus("self"), "NSpid");
  if (pids.at(-1) !== process.pid) return false;
  try {
    // A namespace beside this one may have a group of that number. Then it only looks as if it ran.
    return !readdirSync("/proc").some((name) => {
      const status = /^\d+$/.test(name) ? readStatus(name) : "";
      return numbersIn(status, "NSpgid")[pids.length - 1] === group && isRunning(status);
    });
  } catch {
    return false;
  }
}

/** Nothing, if the process has ended meanwhile. */
function readStatus(name: string): string {
  return readProc(`/proc/${name}/status`) ?? "";
}

/** A process goes on without its main thread, which looks like one that has ended. */
function isRunning(status: string): boolean {
  return !/^State:\s*[ZX]/m.test(status) || (numbersIn(status, "Threads")[0] ?? 0) > 1;
}

function numbersIn(status: string, field: string): number[] {
  const [, numbers = ""] = new RegExp(`^${field}:\\s*(.+)$`, "m").exec(status) ?? [];
  return numbers.split(/\s+/).map(Number);
}
