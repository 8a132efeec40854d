import type { Client } from "undici";
import type { Ask } from "./ask.ts";
import { send } from "./send.ts";

/** Asks one thing of one task. */
export function askClient(client: Client, { method, path, body, status }: Ask, id: string) {
  return send(client, { method, path: path(id), body, status });
}
