import { describe, expect, it } from "vitest";
import { GracePeriod } from "../../worker-client/cli/exec/grace.ts";
import { killAfterGrace } from "../../worker-client/cli/exec/kill.ts";
import type { ProcessEntry } from "../../worker-client/cli/exec/process-list.ts";
import { signalMembers } from "../../worker-client/cli/exec/process-tree.ts";

function entry(pid: number): ProcessEntry {
  const numbers = { pid, parentPid: 1, group: 1, session: 1 };
  return { ...numbers, id: `${pid} 1`, startedAtTicks: 1, isStopped: false };
}

describe("a signal to all processes of a command", () => {
  it("is sent once to each, and to those that are born meanwhile and due", () => {
    const looks = [
      [1, 2, 3, 30],
      [2, 3, 4, 30],
      [4, 30],
    ];
    const signalled: number[] = [];
    signalMembers([entry(1), entry(2)], {
      look: () => (looks.shift() ?? []).map(entry),
      send: ({ pid }) => signalled.push(pid),
      isDue: ({ pid }) => pid < 30,
      forMs: 60_000,
    });
    expect(signalled).toEqual([1, 2, 3, 4]);
  });

  it("is given up after a while where they are born faster than they are found", () => {
    let pid = 1;
    signalMembers([entry(pid)], {
      look: () => [entry(++pid)],
      send: () => {},
      isDue: () => true,
      forMs: 20,
    });
    expect(pid).toBeGreaterThan(1);
  });

  it("reaches all that were found first, however short the while is", () => {
    const signalled: number[] = [];
    signalMembers([entry(1), entry(2)], {
      look: () => [entry(3)],
      send: ({ pid }) => signalled.push(pid),
      isDue: () => true,
      forMs: -1,
    });
    expect(signalled).toEqual([1, 2]);
  });
});

describe("a kill", () => {
  /** A command that has ended, and leaves as many processes behind as `left` says each time. */
  function leaving(left: () => number) {
    const signals: NodeJS.Signals[] = [];
    const command = {
      hasEnded: true,
      ended: new Promise<never>(() => {}),
      isAnyLeft: () => left() > 0,
      left,
      signalAll(signal: NodeJS.Signals) {
        signals.push(signal);
        return false;
      },
    };
    return { signals, command };
  }
  const options = { killMode: "group", helper: null, onRest: () => {}, onKill: () => {} } as const;

  it("is repeated for what was born meanwhile, until nothing is left", async () => {
    const { command, signals } = leaving(() => (signals.length < 3 ? 1 : 0));
    const stopped = killAfterGrace(command, { ...options, grace: new GracePeriod(0) });
    expect(await stopped).toEqual({ left: 0 });
    expect(signals).toEqual(["SIGKILL", "SIGKILL", "SIGKILL"]);
  });

  it("is given up after a while where it does not help, and says how many are left", async () => {
    const { command, signals } = leaving(() => 3);
    const stopped = killAfterGrace(command, { ...options, grace: new GracePeriod(0) });
    expect(await stopped).toEqual({ left: 3 });
    expect(signals.length).toBeGreaterThan(2);
  });
});
