import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { portOf } from "../client/harness.ts";

/** The service's name; no resolver knows it, only the proxy does. */
const HOST = "cancel.corp.test";

interface Options {
  /** What the proxy asks for, as `user:password`. Default: nothing. */
  readonly login?: string;
}

/**
 * A network whose only way out is an HTTP proxy, with a service behind TLS outside of it. The proxy
 * lets through what comes by CONNECT, and nothing else.
 */
export interface ClosedNetwork extends AsyncDisposable {
  /** The variables that a process in it has. */
  readonly environment: Readonly<Record<string, string>>;
  /** `host:port` of the proxy. */
  readonly proxy: string;
  readonly url: string;
  /** What was asked of the proxy, such as `CONNECT cancel.corp.test:443`. */
  readonly asked: readonly string[];
  /** How many WebSockets came through. */
  readonly webSockets: number;
}

export async function closedNetwork(
  service: string,
  options: Options = {},
): Promise<ClosedNetwork> {
  await using end = new AsyncDisposableStack();
  const folder = end.use(await mkdtempDisposable(join(tmpdir(), "edge-canceler-proxy-")));
  const { key, cert, ca } = await certificate(folder.path);
  let webSockets = 0;
  const outside = createTlsServer({ key, cert, ALPNProtocols: ["http/1.1"] }, (line) => {
    line.on("data", (data) => {
      if (/^upgrade: websocket\r$/im.test(data.toString("latin1"))) webSockets++;
    });
    tie(line, connect(Number(new URL(service).port), "127.0.0.1"));
  });
  const outsidePort = await listen(end, outside);
  const asked: string[] = [];
  const proxy = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(403).end();
  });
  proxy.on("connect", (request, line: Socket, head: Buffer) => {
    asked.push(`CONNECT ${request.url}`);
    const login = request.headers["proxy-authorization"];
    if (options.login && login !== `Basic ${Buffer.from(options.login).toString("base64")}`) {
      line.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    line.write("HTTP/1.1 200 OK\r\n\r\n");
    line.unshift(head);
    tie(line, connect(outsidePort, "127.0.0.1"));
  });
  const address = `127.0.0.1:${await listen(end, proxy)}`;
  const kept = end.move();
  return {
    environment: {
      EDGE_CANCELER_URL: `https://${HOST}`,
      HTTPS_PROXY: `http://${options.login ? `${options.login}@` : ""}${address}`,
      NODE_EXTRA_CA_CERTS: ca,
      DENO_CERT: ca,
      // Deno asks its maker, through the proxy too.
      DENO_NO_UPDATE_CHECK: "1",
    },
    proxy: address,
    url: `https://${HOST}`,
    asked,
    get webSockets() {
      return webSockets;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function tie(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on("error", () => {});
    from.on("close", () => to.destroy());
  }
}

/** Listens until the stack is disposed of; returns the port. */
async function listen(end: AsyncDisposableStack, server: Server | HttpServer): Promise<number> {
  const lines = new Set<Socket>();
  server.on("connection", (line: Socket) => lines.add(line));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  end.defer(async () => {
    server.close();
    for (const line of lines) line.destroy();
    await once(server, "close");
  });
  return portOf(server);
}

/** Makes an authority, and a certificate of its for the service. Not every runtime takes one that signs itself. */
async function certificate(folder: string) {
  const file = (name: string) => join(folder, name);
  const openssl = (line: string) =>
    execFileSync("openssl", line.split(" "), { cwd: folder, stdio: "ignore" });
  const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
  openssl(`req -x509 ${newKey} -keyout ca-key.pem -out ca.pem -days 2 -subj /CN=test`);
  openssl(`req ${newKey} -keyout key.pem -out request.pem -subj /CN=${HOST}`);
  await writeFile(file("names"), `subjectAltName=DNS:${HOST}\nbasicConstraints=CA:FALSE\n`);
  openssl(
    "x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile names -out cert.pem",
  );
  return {
    key: await readFile(file("key.pem")),
    cert: await readFile(file("cert.pem")),
    ca: file("ca.pem"),
  };
}
