import type { Client } from "undici";
import { keepAliveClient } from "./keep-alive-client.ts";
import { send } from "./send.ts";

/** A connection that stands, so that nothing of its making is measured. Either side answers /ping. */
export async function connectedClient(serviceUrl: string): Promise<Client> {
  const client = keepAliveClient(serviceUrl);
  await send(client, { method: "GET", path: "/ping", status: 200 });
  return client;
}
