import type { Entry } from "./entry.ts";
import type { Call, Life, Watcher } from "./life.ts";

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Draft<Type, List extends keyof Type> = Writable<Omit<Type, List>> & {
  [Key in List]: Type[Key] extends readonly (infer Item)[] ? Item[] : never;
};

/** Sorts a history by task. */
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
    if (call === undefined) throw new Error(`${name} is over and was never made`);
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
      case "told":
        watcherOf(entry).told.push(entry);
        break;
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
