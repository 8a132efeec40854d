import { describe, expect, it } from "vitest";
import { Alarm } from "../../src/durable/alarm.ts";

describe("the alarm of an object", () => {
  it("is set to whole milliseconds, and never before its time", async () => {
    const { alarm, setTo } = testAlarm();
    await alarm.set(1000.25);
    await alarm.set(2000);
    expect(setTo).toEqual([1001, 2000]);
  });

  it("that rings early is set again to another time, or the platform would take it for done", async () => {
    const { alarm, setTo } = testAlarm();
    alarm.rings({ scheduledTime: 1000 });
    await alarm.set(1000);
    await alarm.set(999.5);
    alarm.rings({ scheduledTime: 1001 });
    await alarm.set(1000);
    expect(setTo).toEqual([1001, 1001, 1000]);
  });

  it("can be rung by hand", async () => {
    const { alarm, setTo } = testAlarm();
    alarm.rings();
    await alarm.set(1000);
    expect(setTo).toEqual([1000]);
  });
});

function testAlarm() {
  const setTo: number[] = [];
  const alarm = new Alarm({ setAlarm: async (atMs) => void setTo.push(atMs) });
  return { alarm, setTo };
}
