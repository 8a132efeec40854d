import { PRICE_TABLE } from "./price-table.ts";

/** The price table for a reader; first the head. */
export function priceRows(): string[][] {
  const { dollarsPerMillion, objectGigabytes, socketMessagesPerRequest } = PRICE_TABLE;
  const { workerRequests, objectRequests, rowsRead, rowsWritten, gigabyteSeconds } =
    dollarsPerMillion;
  return [
    ["what is billed", "$ per million"],
    ["Worker requests", String(workerRequests)],
    ["object requests: HTTP, upgrade, RPC, alarm", String(objectRequests)],
    [
      `socket messages to an object, ${socketMessagesPerRequest} for a request`,
      String(objectRequests / socketMessagesPerRequest),
    ],
    ["rows read", String(rowsRead)],
    ["rows written, set alarms included", String(rowsWritten)],
    [
      `seconds active, at ${gigabyteSeconds} for GB-s and ${objectGigabytes} GB`,
      String(gigabyteSeconds * objectGigabytes),
    ],
  ];
}
