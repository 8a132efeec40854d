import { env } from "cloudflare:workers";

/** The Durable Object of a task. */
export function objectOf(id: string): DurableObjectStub {
  return env.TASKS.getByName(id);
}
