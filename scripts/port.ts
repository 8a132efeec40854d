import { once } from "node:events";
import { createServer } from "node:net";

/** Parses the value of `--port`. Throws a one-line error if it is not a port. */
export function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`--port must be a number from 0 to 65535, not "${text}"`);
}

/** Throws a one-line error if the port on 127.0.0.1 is taken. */
export async function requireFreePort(port: number): Promise<void> {
  const probe = createServer().listen(port, "127.0.0.1");
  try {
    await once(probe, "listening");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : cause;
    throw new Error(
      `cannot listen on 127.0.0.1:${port} (${code}): choose another port with --port N`,
      { cause },
    );
  }
  probe.close();
  await once(probe, "close");
}
