import { runInDurableObject } from "cloudflare:test";
import { objectOf } from "./object-of.ts";

/** Runs something inside the object of a task, where its storage and its sockets can be seen. */
export function inObject<Result>(
  id: string,
  look: (state: DurableObjectState) => Result | Promise<Result>,
): Promise<Result> {
  return runInDurableObject(objectOf(id), (_, state) => look(state));
}
