import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

interface Line {
  /** Where it listens; what arrives there goes to the target. */
  readonly url: string;
  /** How many connections it has let through so far. */
  readonly accepted: number;
  /** Every connection is gone, and so is every new one, until it is restored. */
  cut(): void;
  restore(): void;
  close(): void;
}

/** A TCP proxy on 127.0.0.1 that can be cut, as a network can. */
export async function cuttableLine(target: string): Promise<Line> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  let accepted = 0;

  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    accepted++;
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      // An error is followed by "close", which is all that matters here.
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the line has no port");

  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    get accepted() {
      return accepted;
    },
    cut() {
      isCut = true;
      drop();
    },
    restore() {
      isCut = false;
    },
    close() {
      server.close();
      drop();
    },
  };
}
