import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { portOf } from "../client/harness.ts";

describe("a faulty line", () => {
  let service: Server;
  let line: FaultyLine;
  const clients: Socket[] = [];
  let connected = 0;

  beforeEach(async () => {
    connected = 0;
    // It says again whatever it is told.
    service = createServer((socket) => {
      socket.on("error", () => {});
      socket.pipe(socket);
    });
    service.listen(0, "127.0.0.1");
    await once(service, "listening");
    line = await FaultyLine.open(`http://127.0.0.1:${portOf(service)}`, () => connected++);
  });

  afterEach(() => {
    for (const client of clients) client.destroy();
    line.close();
    service.close();
  });

  function client(): Socket {
    const socket = connect(Number(new URL(line.url).port), "127.0.0.1");
    socket.on("error", () => {});
    clients.push(socket);
    return socket;
  }

  async function says(socket: Socket, word: string): Promise<string> {
    socket.write(word);
    let heard = "";
    while (heard.length < word.length) heard += String((await once(socket, "data"))[0]);
    return heard;
  }

  it("that is well carries everything, and says who connects", async () => {
    expect(await says(client(), "hello")).toBe("hello");
    expect(connected).toBe(1);
  });

  it("that is cut ends what is open and what comes, until it is restored", async () => {
    const before = client();
    await says(before, "hello");
    line.cut();
    expect(await text(before)).toBe("");
    expect(await text(client())).toBe("");
    line.restore();
    expect(await says(client(), "hello")).toBe("hello");
    expect(line.accepted).toBe(2);
  });

  it("resets what is open and what comes, until it is restored", async () => {
    const before = client();
    await says(before, "hello");
    line.suffer({ kind: "reset" });
    await closed(before);
    const during = client();
    await closed(during);
    line.restore();
    expect(await says(client(), "hello")).toBe("hello");
    expect(connected).toBe(2);
  });

  it("that is a black hole carries nothing until it is restored, and then all of it", async () => {
    const before = client();
    await says(before, "hello");
    line.suffer({ kind: "blackhole" });
    const answer = says(before, "again");
    const other = client();
    expect(await Promise.race([answer, says(other, "x"), closed(other), pause()])).toBe("nothing");
    line.restore();
    expect(await answer).toBe("again");
  });

  it("that is half open never carries anything on what was open, and is well for others", async () => {
    const before = client();
    await says(before, "hello");
    line.suffer({ kind: "half-open" });
    line.restore();
    expect(await says(client(), "hello")).toBe("hello");
    expect(await Promise.race([says(before, "again"), closed(before), pause()])).toBe("nothing");
  });

  it("that is slow carries everything later", async () => {
    line.suffer({ kind: "latency", milliseconds: 60 });
    const begunAtMs = performance.now();
    expect(await says(client(), "hello")).toBe("hello");
    expect(performance.now() - begunAtMs).toBeGreaterThan(100);
  });

  it("carries the service's words byte by byte", async () => {
    line.suffer({ kind: "byte-by-byte" });
    const socket = client();
    socket.write("hello");
    expect(String((await once(socket, "data"))[0]).length).toBeLessThan(5);
  });

  it.each([0, 1, 3])(
    "cuts the next connection after %d bytes of the service, and no other",
    async (bytes) => {
      line.suffer({ kind: "cut-after", bytes, isReset: false });
      const socket = client();
      socket.write("hello");
      expect(await text(socket)).toBe("hello".slice(0, bytes));
      expect(await says(client(), "hello")).toBe("hello");
    },
  );

  it("lets an impostor answer", async () => {
    line.suffer({ kind: "impostor", answer: "welcome" });
    const socket = client();
    socket.write("hello");
    expect(await text(socket)).toBe("welcome");
  });
});

/** `once` would take the error before it for the end. */
function closed(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once("close", () => resolve("closed")));
}

/** Long enough for anything on this machine to arrive that is on its way. */
async function pause(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return "nothing";
}
