import process from "node:process";
import { createInterface } from "node:readline";
import type { TaskWatch } from "../../../worker-client/index.ts";
import { RecordedClient, type Transport } from "../recorded-client.ts";
import type { ActorCommand } from "./actor.ts";

// A process that watches and reports as it is told, on Node, Deno and Bun: a command is a line of
// JSON that comes in, and whatever it does and sees is a line of JSON that goes out.

const [name = "an actor"] = process.argv.slice(2);
const watches = new Map<string, TaskWatch>();
let clients = 0;

function client(url: string, transport: Transport): RecordedClient {
  const note = (entry: object) => console.log(JSON.stringify(entry));
  return new RecordedClient({ url, transport, name: `${name}, client ${++clients}`, note });
}

function act(command: ActorCommand): void {
  switch (command.command) {
    case "watch": {
      const { id, watcher, url, transport } = command;
      watches.set(watcher, client(url, transport).watch(id, watcher));
      break;
    }
    case "close":
      watches.get(command.watcher)?.close();
      watches.delete(command.watcher);
      break;
    case "finish":
      client(command.url, "long poll").finish(command.id, command.attempt, command.status);
      break;
  }
}

console.log(JSON.stringify({ kind: "ready" }));
for await (const line of createInterface({ input: process.stdin })) act(JSON.parse(line));
process.exit(0);
