import { runDurableObjectAlarm } from "cloudflare:test";
import { objectOf } from "./object-of.ts";

/** Rings the alarm of a task's object now, if one is armed; says whether one was. */
export function ring(id: string): Promise<boolean> {
  return runDurableObjectAlarm(objectOf(id));
}
