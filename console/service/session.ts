import { Store } from "../ui/store.ts";

/** How the console looks; `system`: as the system says. */
export type Theme = "system" | "light" | "dark";

const TOKEN_KEY = "edge-canceler.token";
const THEME_KEY = "edge-canceler.theme";
const QUEUES_KEY = "edge-canceler.queues";
const MOST_QUEUES = 50;

/** The token, which stays in this tab and is gone with it; null: none. */
export const token = new Store<string | null>(read(() => sessionStorage.getItem(TOKEN_KEY)));

export const theme = new Store<Theme>(asTheme(read(() => localStorage.getItem(THEME_KEY))));

/** The list as it was last looked at, which the way back leads to. */
export const lastList = new Store("#/tasks");

/** Keeps a token for this tab, or forgets it. */
export function setToken(value: string | null): void {
  read(() => {
    if (value === null) sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, value);
    return null;
  });
  token.set(value);
}

export function setTheme(value: Theme): void {
  read(() => {
    localStorage.setItem(THEME_KEY, value);
    return null;
  });
  theme.set(value);
  showTheme();
}

/** Tells the style sheet which theme to use. */
export function showTheme(): void {
  document.documentElement.dataset["theme"] = theme.value;
}

/** The queues that were looked at in this browser, the last one first. */
export function knownQueues(): readonly string[] {
  const names: unknown = JSON.parse(read(() => localStorage.getItem(QUEUES_KEY)) ?? "[]");
  if (!Array.isArray(names)) return [];
  return names.filter((name) => typeof name === "string");
}

/** Remembers a queue, or forgets it. */
export function noteQueue(name: string, isKnown: boolean): void {
  const others = knownQueues().filter((known) => known !== name);
  const names = isKnown ? [name, ...others].slice(0, MOST_QUEUES) : others;
  read(() => {
    localStorage.setItem(QUEUES_KEY, JSON.stringify(names));
    return null;
  });
}

function asTheme(value: string | null): Theme {
  return value === "light" || value === "dark" ? value : "system";
}

/** A browser that keeps nothing throws; then it is kept until the page is left. */
function read(from: () => string | null): string | null {
  try {
    return from();
  } catch {
    return null;
  }
}
