import type { TaskState } from "../../../worker-client/protocol.ts";
import type { Asked, Entry } from "./history.ts";

/** A call, from its beginning to its answer. */
export interface Call extends Asked {
  /** Null: there was none, and the service may have carried it out or not. */
  readonly answer: {
    readonly atMs: number;
    readonly isRefused: boolean;
    /** Null: the task was unknown, or nothing had changed. */
    readonly task: TaskState | null;
    readonly isUnchanged: boolean;
  } | null;
  /** When the client gave up; null: it did not. */
  readonly givenUpAtMs: number | null;
}

/** A watch, from its beginning. */
export interface Watcher {
  readonly watcher: string;
  readonly told: readonly { readonly atMs: number; readonly task: TaskState }[];
  readonly aborted: {
    readonly atMs: number;
    readonly error: string;
    readonly cause: string | null;
  } | null;
  readonly closedAtMs: number | null;
  /** When its line began to carry data and when it stopped, in order. */
  readonly line: readonly { readonly atMs: number; readonly isConnected: boolean }[];
}

/** Everything that clients did to one task and saw of it. */
export interface Life {
  readonly id: string;
  readonly calls: readonly Call[];
  readonly watchers: readonly Watcher[];
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Draft<Type, List extends keyof Type> = Writable<Omit<Type, List>> & {
  [Key in List]: Type[Key] extends readonly (infer Item)[] ? Item[] : never;
};

/** Splits a history by task. */
export function livesOf(entries: readonly Entry[]): Life[] {
  const lives = new Map<string, Draft<Life, "calls" | "watchers">>();
  const calls = new Map<string, Writable<Call>>();
  const watchers = new Map<string, Draft<Watcher, "told" | "line">>();

  const lifeOf = (id: string) => {
    const life = lives.get(id) ?? { id, calls: [], watchers: [] };
    lives.set(id, life);
    return life;
  };
  const callOf = (name: string) => {
    const call = calls.get(name);
    if (call === undefined) throw new Error(`${name} ended and never began`);
    return call;
  };
  const watcherOf = ({ watcher, id }: { watcher: string; id: string }) => {
    const known = watchers.get(watcher);
    if (known !== undefined) return known;
    const added = { watcher, told: [], aborted: null, closedAtMs: null, line: [] };
    watchers.set(watcher, added);
    lifeOf(id).watchers.push(added);
    return added;
  };

  for (const entry of entries) {
    const { atMs } = entry;
    switch (entry.kind) {
      case "asked": {
        const call = { ...entry, answer: null, givenUpAtMs: null };
        calls.set(entry.call, call);
        lifeOf(entry.id).calls.push(call);
        break;
      }
      case "answered":
        callOf(entry.call).answer = { ...entry, isUnchanged: false };
        break;
      case "unchanged":
        callOf(entry.call).answer = { atMs, isRefused: false, task: null, isUnchanged: true };
        break;
      case "unanswered":
        callOf(entry.call).givenUpAtMs = atMs;
        break;
      case "watching":
      case "connected":
        watcherOf(entry).line.push({ atMs, isConnected: true });
        break;
      case "cut":
        watcherOf(entry).line.push({ atMs, isConnected: false });
        break;
      case "told": {
        const watcher = watcherOf(entry);
        watcher.told.push(entry);
        // The end of a task is the end of its watch. A failed task may be cancelled after that.
        if (entry.task.endedAt !== null) watcher.closedAtMs ??= atMs;
        break;
      }
      case "aborted":
        watcherOf(entry).aborted ??= entry;
        break;
      case "closed":
        watcherOf(entry).closedAtMs ??= atMs;
        break;
    }
  }
  return [...lives.values()];
}

/** A look at a task. */
interface Seen {
  /** When it was asked for: it shows whatever was known before. Null: it was pushed. */
  readonly begunAtMs: number | null;
  readonly seenAtMs: number;
  /** Null: the task was unknown. */
  readonly task: TaskState | null;
}

/** Returns every look at a task, in order. */
export function seenIn(life: Life): Seen[] {
  const answers = life.calls.flatMap(({ atMs, answer }) =>
    answer === null || answer.isUnchanged
      ? []
      : [{ begunAtMs: atMs, seenAtMs: answer.atMs, task: answer.task }],
  );
  const told = life.watchers.flatMap((watcher) =>
    watcher.told.map(({ atMs, task }) => ({ begunAtMs: null, seenAtMs: atMs, task })),
  );
  return [...answers, ...told].sort((a, b) => a.seenAtMs - b.seenAtMs);
}
