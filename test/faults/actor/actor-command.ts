import type { FinishRequest } from "../../../worker-client/protocol.ts";
import type { Transport } from "../transport.ts";

interface Watch {
  readonly command: "watch";
  readonly id: string;
  readonly watcher: string;
  readonly url: string;
  readonly transport: Transport;
}

interface Close {
  readonly command: "close";
  readonly watcher: string;
}

interface Finish {
  readonly command: "finish";
  readonly id: string;
  readonly url: string;
  readonly attempt: number;
  readonly status: FinishRequest["status"];
}

/** What an actor is told to do, as a line of JSON. */
export type ActorCommand = Watch | Close | Finish;
