import type { Arrivals } from "./arrivals.ts";
import type { Exchange } from "./exchange.ts";

/** The next request that is none of the watch, which the end of the work may have overtaken. */
export async function nextReport(requests: Arrivals<Exchange>): Promise<Exchange> {
  const exchange = await requests.next();
  return exchange.method === "GET" ? nextReport(requests) : exchange;
}
