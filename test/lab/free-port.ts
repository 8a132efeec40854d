import { randomInt } from "node:crypto";
import { requireFreePort } from "../../scripts/port.ts";

/** Linux begins there with the ports that it gives to those who ask for any, and to every outgoing connection. */
const ANY_PORTS_FROM = 32_768;
const FROM = 15_000;

/**
 * A port of 127.0.0.1 that nobody listens on, for a service that is told its port or comes back to it. It
 * is none that the system gives away, or what runs beside the test would get it now and then before the
 * service does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FROM, ANY_PORTS_FROM);
    const isFree = await requireFreePort(port).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
}
