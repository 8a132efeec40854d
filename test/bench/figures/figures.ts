import type { Side } from "../load/job.ts";

type WatchedBy = "socket" | "relayed" | "poll" | "events" | "client";

type FigureKey =
  | `read.${"rate" | "p50" | "p99"}`
  | `json.${"rate" | "p50"}`
  | `${"cancel" | "armed" | "again"}.rate`
  | `told.${WatchedBy}.${"p50" | "p99"}`
  | `told.${"written" | "armed"}.p50`
  | `fan.${"last" | "answer" | "park" | "read"}`
  | `queue.${"p50" | "rate" | "waiting" | "core"}`
  | `tree.${"last" | "growth" | "many"}`
  | `directory.${"p50" | "rate"}`
  | `webhook.${"cancel" | "told"}`
  | `memory.${"socket" | "poll" | "claim"}`
  | "cold.p50";

/** What is measured on both sides, and what is asked of the service. */
export interface Figure {
  readonly key: FigureKey;
  readonly name: string;
  readonly unit: "/s" | "ms" | "KiB";
  /** What the service's figure may be, as a multiple of the floor's; null: it is only shown. */
  readonly goal: { readonly atLeast: number } | { readonly atMost: number } | null;
}

/** One measurement of a figure on each side, one right after the other. */
export interface Sample {
  readonly figure: FigureKey;
  readonly floor: number;
  readonly product: number;
  /** Of one core, the share that the generator took: the larger of both sides'. 0 where it only waits. */
  readonly generatorShare: number;
}

const RATE = { unit: "/s", goal: { atLeast: 0.85 } } as const;
/** The same demand, made of a time. */
const RATE_LATENCY = { unit: "ms", goal: { atMost: 1 / 0.85 } } as const;
/** The floor's peer of a cancel tells its one bare socket. */
const TOLD = { unit: "ms", goal: { atMost: 1.25 } } as const;
const TOLD_CLIENT = { unit: "ms", goal: { atMost: 1.4 } } as const;
const SHOWN = { unit: "ms", goal: null } as const;
const MEMORY = { unit: "KiB", goal: { atMost: 1.15 } } as const;

/** Every figure that has a floor, in the order in which it is shown. */
export const FIGURES: readonly Figure[] = [
  { key: "read.rate", name: "GET state", ...RATE },
  { key: "read.p50", name: "GET state, p50", ...RATE_LATENCY },
  { key: "read.p99", name: "GET state, p99", ...RATE_LATENCY },
  { key: "json.rate", name: "GET state / routed, logged, as JSON", unit: "/s", goal: null },
  { key: "json.p50", name: "GET state / routed, logged, as JSON, p50", ...SHOWN },
  { key: "cancel.rate", name: "POST cancel, first / write", ...RATE },
  { key: "armed.rate", name: "POST cancel, first / write and arm", unit: "/s", goal: null },
  { key: "again.rate", name: "POST cancel, repeated / read", ...RATE },
  { key: "told.socket.p50", name: "told by WebSocket, p50", ...TOLD },
  { key: "told.socket.p99", name: "told by WebSocket, p99", ...SHOWN },
  { key: "told.relayed.p50", name: "told by a foreign client's WebSocket, p50", ...TOLD },
  { key: "told.relayed.p99", name: "told by a foreign client's WebSocket, p99", ...SHOWN },
  { key: "told.poll.p50", name: "told by long poll, p50", ...TOLD },
  { key: "told.poll.p99", name: "told by long poll, p99", ...SHOWN },
  { key: "told.events.p50", name: "told by SSE, p50", ...TOLD },
  { key: "told.events.p99", name: "told by SSE, p99", ...SHOWN },
  { key: "told.client.p50", name: "the client's signal, p50", ...TOLD_CLIENT },
  { key: "told.client.p99", name: "the client's signal, p99", ...SHOWN },
  { key: "told.written.p50", name: "told by WebSocket / written first, p50", ...SHOWN },
  { key: "told.armed.p50", name: "told by WebSocket / written and armed first, p50", ...SHOWN },
  { key: "fan.last", name: "many watchers: until the last is told", ...TOLD },
  { key: "fan.answer", name: "many watchers: until the canceller is answered", ...TOLD },
  {
    key: "fan.park",
    name: "many watchers: until all are parked",
    unit: "ms",
    goal: { atMost: 1.5 },
  },
  {
    key: "fan.read",
    name: "many watchers: GET state / nobody watches, p50",
    unit: "ms",
    goal: { atMost: 1.2 },
  },
  { key: "cold.p50", name: "first request to a new id, p50", ...TOLD },
  {
    key: "queue.p50",
    name: "enqueued until a parked worker has it, p50",
    unit: "ms",
    goal: { atMost: 1.5 },
  },
  { key: "queue.rate", name: "tasks claimed and finished by 20 workers", unit: "/s", goal: null },
  {
    key: "queue.waiting",
    name: "claim where 3,000 wait / where 100 wait, p50",
    unit: "ms",
    goal: { atMost: 1.5 },
  },
  {
    key: "queue.core",
    name: "claim in the queue's core where 100,000 wait / where 100 wait, p50",
    unit: "ms",
    goal: { atMost: 1.5 },
  },
  {
    key: "tree.last",
    name: "cancel of a parent with 1,000 watched children / 1,000 single cancels, 100 at once: until the last is told",
    unit: "ms",
    goal: { atMost: 1.5 },
  },
  {
    key: "tree.growth",
    name: "cancel of a parent with 10,000 children / with 1,000: until the last is told",
    unit: "ms",
    goal: { atMost: 11 },
  },
  {
    key: "tree.many",
    name: "cancel of a parent with 10,000 children, until the last is told / 10,000 single cancels, 100 at once, until all are answered",
    unit: "ms",
    goal: { atMost: 1.5 },
  },
  {
    key: "directory.p50",
    name: "POST cancel with the directory / without, p50",
    unit: "ms",
    goal: { atMost: 1.05 },
  },
  {
    key: "directory.rate",
    name: "POST cancel with the directory / without, every connection busy",
    unit: "/s",
    goal: null,
  },
  { key: "webhook.cancel", name: "POST cancel with a webhook / without, p50", ...SHOWN },
  { key: "webhook.told", name: "told by webhook / by WebSocket, p50", ...SHOWN },
  { key: "memory.socket", name: "memory per parked WebSocket", ...MEMORY },
  { key: "memory.poll", name: "memory per parked long poll", ...MEMORY },
  { key: "memory.claim", name: "memory per worker parked at a queue", ...MEMORY },
];

/** What something costs on both sides when there are so many tasks, or so many watchers of one task. */
export interface GrowthPoint<Cost extends string> {
  readonly count: number;
  readonly cost: { readonly [side in Side]: { readonly [cost in Cost]: number } };
}
