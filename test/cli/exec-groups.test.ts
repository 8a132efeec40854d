import { describe, expect, it } from "vitest";
import { findMembers, type KnownMembers } from "../../worker-client/cli/exec/members.ts";
import type { ProcessEntry } from "../../worker-client/cli/exec/process-list.ts";
import type { Belonging } from "../../worker-client/cli/exec/run-mark.ts";

const EXEC = 10;
const COMMAND = 100;
const NOTHING: KnownMembers = { members: [], groups: new Set() };
const OWN_GROUP: KnownMembers = { members: [], groups: new Set([COMMAND]) };

/** A process whose group and session are its parent's, unless it leads its own. */
function entry(pid: number, differences: Partial<ProcessEntry> = {}): ProcessEntry {
  const startedAtTicks = differences.startedAtTicks ?? pid;
  return {
    pid,
    parentPid: 1,
    group: 1,
    session: 1,
    id: `${pid} ${startedAtTicks}`,
    startedAtTicks,
    isStopped: false,
    ...differences,
  };
}

function leader(pid: number, differences: Partial<ProcessEntry> = {}): ProcessEntry {
  return entry(pid, { group: pid, session: pid, ...differences });
}

/** That the environment of one process says so, and the others nothing. */
function says(pid: number, belonging: Belonging): Partial<Options> {
  return { belonging: (entry) => (entry.pid === pid ? belonging : "unknown") };
}

const command = leader(COMMAND, { parentPid: EXEC });

type Options = Parameters<typeof findMembers>[2];

function look(
  entries: readonly ProcessEntry[],
  known = OWN_GROUP,
  differences: Partial<Options> = {},
): { readonly pids: readonly number[]; readonly known: KnownMembers } {
  const found = findMembers(entries, known, {
    execPid: EXEC,
    pid: COMMAND,
    startedAtTicks: COMMAND,
    isLeader: true,
    ownsOrphans: true,
    hasEnded: false,
    belonging: () => "unknown",
    ...differences,
  });
  return { pids: found.members.map(({ pid }) => pid), known: found.known };
}

describe("the processes of a command", () => {
  it("are those that it has started, and those that they have", () => {
    const child = entry(101, { parentPid: COMMAND });
    // It is listed before its parent.
    const grandchild = entry(99, { parentPid: 101, startedAtTicks: 102 });
    expect(look([grandchild, entry(50), command, child]).pids).toEqual([COMMAND, 101, 99]);
  });

  it("are those of its group and its session, whoever their parent is", () => {
    const inGroup = entry(101, { group: COMMAND, session: COMMAND });
    const inSession = leader(102, { session: COMMAND });
    const inGroupOfThat = entry(103, { group: 102, session: COMMAND });
    expect(look([command, inGroup, inSession, inGroupOfThat]).pids).toEqual([
      COMMAND,
      101,
      102,
      103,
    ]);
  });

  it("are those with its mark, and the groups that they lead", () => {
    const marked = leader(200);
    const inItsGroup = entry(201, { group: 200, session: 200 });
    expect(look([inItsGroup, command, marked], OWN_GROUP, says(200, "to-run")).pids).toEqual([
      COMMAND,
      200,
      201,
    ]);
  });

  it("are not the others of a group that exec shares with them", () => {
    const shared = { group: 5, session: 5 };
    const entries = [
      entry(5, shared),
      entry(EXEC, { ...shared, parentPid: 5 }),
      entry(COMMAND, { ...shared, parentPid: EXEC }),
      entry(101, { ...shared, parentPid: COMMAND }),
      entry(102, { ...shared, parentPid: 5 }),
    ];
    expect(look(entries, NOTHING, { isLeader: false }).pids).toEqual([COMMAND, 101]);
  });

  it("are not exec", () => {
    const entries = [entry(EXEC), command];
    expect(look(entries, OWN_GROUP, says(EXEC, "to-run")).pids).toEqual([COMMAND]);
  });

  it("stay known when nothing else tells any more", () => {
    const child = entry(101, { parentPid: COMMAND });
    const { known } = look([command, child]);
    expect(look([entry(101)], known, { hasEnded: true }).pids).toEqual([101]);
  });
});

describe("a process that says that it belongs to none", () => {
  it("is none of it, nor is what it has started, though it is a child of one", () => {
    const daemon = leader(101, { parentPid: COMMAND });
    const child = entry(102, { parentPid: 101, group: 101, session: 101 });
    expect(look([command, daemon, child], OWN_GROUP, says(101, "to-none")).pids).toEqual([COMMAND]);
  });

  it("is none of it where exec inherits orphans", () => {
    const helper = leader(101, { parentPid: EXEC });
    expect(look([command, helper], OWN_GROUP, says(101, "to-none")).pids).toEqual([COMMAND]);
  });
});

describe("a child of exec's own number", () => {
  it("is none of it where it runs several commands, whose orphans they may be as well", () => {
    const other = leader(101, { parentPid: EXEC });
    expect(look([command, other], OWN_GROUP, { ownsOrphans: false }).pids).toEqual([COMMAND]);
    expect(look([command, other]).pids).toEqual([COMMAND, 101]);
  });

  it("is an orphan of the command where exec inherits those", () => {
    expect(look([command, leader(101, { parentPid: EXEC })]).pids).toEqual([COMMAND, 101]);
  });

  it("is none of it where it is older, nor is what that has started", () => {
    const older = leader(90, { parentPid: EXEC });
    const child = entry(105, { parentPid: 90, group: 90, session: 90 });
    expect(look([older, command, child]).pids).toEqual([COMMAND]);
  });

  it("is none of it where nobody tells which is older", () => {
    const child = { ...entry(105, { parentPid: EXEC }), startedAtTicks: null };
    expect(look([command, child]).pids).toEqual([COMMAND]);
    expect(
      look([command, leader(105, { parentPid: EXEC })], OWN_GROUP, { startedAtTicks: null }).pids,
    ).toEqual([COMMAND]);
  });
});

describe("a number that is used again", () => {
  it("of the command that has ended is a stranger's", () => {
    const { known } = look([command]);
    const stranger = leader(COMMAND, { startedAtTicks: 900 });
    expect(look([stranger], known, { hasEnded: true })).toMatchObject({ pids: [] });
  });

  it("of the command that has ended as a group is a stranger's, though nobody has looked between", () => {
    const { known } = look([
      command,
      entry(101, { parentPid: COMMAND, group: COMMAND, session: COMMAND }),
    ]);
    const strangers = [
      leader(COMMAND, { startedAtTicks: 900 }),
      entry(901, { group: COMMAND, session: COMMAND }),
    ];
    const after = look(strangers, known, { hasEnded: true });
    expect(after.pids).toEqual([]);
    expect([...after.known.groups]).toEqual([]);
  });

  it("of a group that a child has made is a stranger's when the child's group was empty", () => {
    const child = leader(200, { parentPid: COMMAND });
    const { known } = look([command, child]);
    expect([...known.groups]).toEqual([COMMAND, 200]);
    const empty = look([command], known);
    expect([...empty.known.groups]).toEqual([COMMAND]);
    const stranger = entry(901, { group: 200, session: 200 });
    expect(look([command, stranger], empty.known).pids).toEqual([COMMAND]);
    expect(look([command, stranger], known).pids).toEqual([COMMAND]);
  });

  it("of a child is a stranger's", () => {
    const { known } = look([command, entry(101, { parentPid: COMMAND })]);
    expect(look([command, entry(101, { startedAtTicks: 900 })], known).pids).toEqual([COMMAND]);
  });
});

describe("the group of the command", () => {
  it("is its own as long as its end was not noticed", () => {
    const orphan = entry(101, { group: COMMAND, session: COMMAND });
    expect(look([orphan]).pids).toEqual([101]);
  });

  it("is its own afterwards as long as one is in it that is known", () => {
    const inGroup = { group: COMMAND, session: COMMAND };
    const { known } = look([command, entry(101, inGroup)]);
    const entries = [entry(103, inGroup), entry(101, inGroup)];
    expect(look(entries, known, { hasEnded: true }).pids.toSorted()).toEqual([101, 103]);
  });

  it("is its own afterwards as long as one is in it that has the mark", () => {
    const inGroup = { group: COMMAND, session: COMMAND };
    const entries = [entry(103, inGroup), entry(104, inGroup)];
    const options = { hasEnded: true, ...says(104, "to-run") };
    expect(look(entries, OWN_GROUP, options).pids.toSorted()).toEqual([103, 104]);
  });
});
