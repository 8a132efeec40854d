import { DurableObject } from "cloudflare:workers";
import { type IRequest, Router } from "itty-router";

interface Env {
  readonly OBJECTS: DurableObjectNamespace<FloorObject>;
}

const DAY_MS = 86_400_000;
/** As many fields as the state of a task has, most of them empty. */
const FIELDS = Object.fromEntries(Array.from({ length: 23 }, (_, number) => [`f${number}`, null]));

/** The least that an object can do: a key read, a key written, sockets parked and told. */
export class FloorObject extends DurableObject<Env> {
  read() {
    return this.ctx.storage.kv.get<string>("key") ?? "";
  }
  state() {
    return { ...FIELDS, text: this.read() };
  }
  write(text: string) {
    this.ctx.storage.kv.put("key", text);
  }
  tell() {
    for (const socket of this.ctx.getWebSockets()) socket.send("told");
  }
  writeAndTell(text: string) {
    this.write(text);
    this.tell();
  }
  /** As a cancel has to: the end of the grace period is an alarm. */
  async writeArmAndTell(text: string) {
    this.write(text);
    const armed = this.ctx.storage.setAlarm(Date.now() + DAY_MS);
    this.tell();
    await armed;
  }
  override alarm() {}
  override fetch() {
    const { 0: far, 1: near } = new WebSocketPair();
    this.ctx.acceptWebSocket(near);
    return new Response(null, { status: 101, webSocket: far });
  }
  override webSocketClose(socket: WebSocket) {
    socket.close();
  }
}

/** The least of a service as they are built: routed, with JSON for an answer and a line in the log. */
const routed = Router<IRequest, [Env], Response>({
  finally: [(response, { method, route }) => log({ method, route, status: response.status })],
}).get("/state/:id", async ({ params }, env) => {
  const headers = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };
  const object = env.OBJECTS.getByName(`/${params["id"]}`);
  return Response.json(await object.state(), { headers });
});

function log(line: object): void {
  console.log(JSON.stringify({ loggedAt: new Date().toISOString(), ...line }));
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, search } = new URL(request.url);
    if (pathname.startsWith("/state/")) return routed.fetch(request, env);
    const object = env.OBJECTS.getByName(pathname);
    if (request.headers.has("Upgrade")) return object.fetch(request);
    const [, act = "", id = ""] = /^\?(enqueue|claim|start|finish)=(.*)$/.exec(search) ?? [];
    if (id !== "") return handOver({ act, id, object, task: env.OBJECTS.getByName(`/${id}`), ctx });
    if (search === "?poll") {
      const headers = { Upgrade: "websocket" };
      return new Response(await toldOver(await object.fetch(request.url, { headers })));
    }
    if (request.method === "GET") return new Response(await object.read());
    if (search === "?tell") await object.tell();
    else if (search === "?write-and-tell") await object.writeAndTell(await request.text());
    else if (search === "?write-arm-and-tell") await object.writeArmAndTell(await request.text());
    else await object.write(await request.text());
    return new Response("ok");
  },
} satisfies ExportedHandler<Env>;

interface HandOver {
  readonly act: string;
  readonly id: string;
  /** The queue's. */
  readonly object: DurableObjectStub<FloorObject>;
  readonly task: DurableObjectStub<FloorObject>;
  readonly ctx: ExecutionContext;
}

/**
 * The calls and writes of a queue that loses nothing: it has a place for the task before there is one,
 * tells a worker when there is, and writes down who runs it.
 */
async function handOver({ act, id, object, task, ctx }: HandOver): Promise<Response> {
  switch (act) {
    case "enqueue":
      await object.write(`a place for ${id}`);
      await task.write(`${id} waits`);
      await object.writeAndTell(`${id} waits`);
      break;
    case "claim": {
      const headers = { Upgrade: "websocket" };
      const parked = await object.fetch("https://floor.invalid/", { headers });
      await toldOver(parked);
      // Or the next to be told would be told with all that were before.
      parked.webSocket?.close();
      await task.write(`${id} runs`);
      await object.write(`${id} runs`);
      break;
    }
    case "start":
      await object.read();
      await task.write(`${id} runs`);
      await object.write(`${id} runs`);
      break;
    case "finish":
      await task.write(`${id} is done`);
      ctx.waitUntil(object.write(`${id} is done`));
  }
  return new Response("ok");
}

/** The least that holds a long poll: the Worker waits for the one message of a socket. */
function toldOver({ webSocket }: Response): Promise<string> {
  return new Promise((resolve) => {
    webSocket?.addEventListener("message", ({ data }) => resolve(String(data)));
    webSocket?.accept();
  });
}
