import { Store } from "../ui/store.ts";

/** The colour scheme; `system` follows the system's setting. */
export type Theme = "system" | "light" | "dark";

const TOKEN_KEY = "edge-canceler.token";
const THEME_KEY = "edge-canceler.theme";
const QUEUES_KEY = "edge-canceler.queues";
const MOST_QUEUES = 50;

/** The token, which is kept in this tab only, or null. */
export const token = new Store<string | null>(tryStorage(() => sessionStorage.getItem(TOKEN_KEY)));

export const theme = new Store<Theme>(asTheme(tryStorage(() => localStorage.getItem(THEME_KEY))));

/** The list that was last shown, for links back to it. */
export const lastList = new Store("#/tasks");

/** Stores a token for this tab, or deletes it. */
export function setToken(value: string | null): void {
  tryStorage(() => {
    if (value === null) sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, value);
    return null;
  });
  token.set(value);
}

export function setTheme(value: Theme): void {
  tryStorage(() => {
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

/** The queues that were opened in this browser, latest first. */
export function knownQueues(): readonly string[] {
  const names: unknown = JSON.parse(tryStorage(() => localStorage.getItem(QUEUES_KEY)) ?? "[]");
  if (!Array.isArray(names)) return [];
  return names.filter((name) => typeof name === "string");
}

/** Adds a queue to the known ones, or removes it. */
export function noteQueue(name: string, isKnown: boolean): void {
  const others = knownQueues().filter((known) => known !== name);
  const names = isKnown ? [name, ...others].slice(0, MOST_QUEUES) : others;
  tryStorage(() => {
    localStorage.setItem(QUEUES_KEY, JSON.stringify(names));
    return null;
  });
}

function asTheme(value: string | null): Theme {
  return value === "light" || value === "dark" ? value : "system";
}

/** Accesses the storage. It throws if the browser blocks it; then values last until the page is left. */
function tryStorage(from: () => string | null): string | null {
  try {
    return from();
  } catch {
    return null;
  }
}
