import { describe, expect, it } from "vitest";
import type { ProcessEntry } from "../../worker-client/cli/exec/process-list.ts";
import { signalMembers } from "../../worker-client/cli/exec/process-tree.ts";
import { stopCommand } from "../../worker-client/cli/exec/stop.ts";

function entry(pid: number): ProcessEntry {
  const numbers = { pid, parentPid: 1, group: 1, session: 1 };
  return { ...numbers, id: `${pid} 1`, startedAtTicks: 1, isStopped: false };
}

describe("a signal to all processes of a command", () => {
  it("is sent once to each, and to those that are born meanwhile", () => {
    const looks = [[1, 2, 3], [2, 3, 4], [4]];
    const signalled: number[] = [];
    signalMembers([entry(1), entry(2)], {
      look: () => (looks.shift() ?? []).map(entry),
      send: ({ pid }) => signalled.push(pid),
      forMs: 60_000,
    });
    expect(signalled).toEqual([1, 2, 3, 4]);
  });

  it("is given up after a while where they are born faster than they are looked for", () => {
    let pid = 1;
    signalMembers([entry(pid)], {
      look: () => [entry(++pid)],
      send: () => {},
      forMs: 20,
    });
    expect(pid).toBeGreaterThan(1);
  });

  it("reaches all that were found first, however short the while is", () => {
    const signalled: number[] = [];
    signalMembers([entry(1), entry(2)], {
      look: () => [entry(3)],
      send: ({ pid }) => signalled.push(pid),
      forMs: -1,
    });
    expect(signalled).toEqual([1, 2]);
  });
});

describe("a stop", () => {
  it("is given up after a while where SIGKILL does not help, and says how many are left", async () => {
    const signals: NodeJS.Signals[] = [];
    const command = {
      hasEnded: true,
      ended: new Promise<never>(() => {}),
      left: () => 3,
      signalAll(signal: NodeJS.Signals) {
        signals.push(signal);
        return false;
      },
    };
    expect(await stopCommand(command, { graceMs: 0, onKill: () => {} })).toEqual({ left: 3 });
    expect(new Set(signals)).toEqual(new Set(["SIGKILL"]));
  });
});
