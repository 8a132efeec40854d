import { inObject } from "./in-object.ts";
import { stored } from "./stored.ts";

/** Whatever a request could have left behind in the object of a task: rows, alarm, watchers. */
export async function everythingOf(id: string): Promise<unknown> {
  const sockets = await inObject(id, (state) => state.getWebSockets().length);
  return { ...(await stored(id)), sockets };
}
