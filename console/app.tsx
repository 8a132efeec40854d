import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { BulkScreen } from "./bulk/bulk-screen.tsx";
import { CancellationScreen } from "./bulk/cancellation-screen.tsx";
import { QueueScreen } from "./queues/queue-screen.tsx";
import { QueuesScreen } from "./queues/queues-screen.tsx";
import { hashOf, NO_FILTER, type Route, routeFrom } from "./route.ts";
import { token } from "./service/session.ts";
import { SettingsScreen } from "./settings/settings-screen.tsx";
import { TaskScreen } from "./task/task-screen.tsx";
import { TasksScreen } from "./tasks/tasks-screen.tsx";
import { Announcer } from "./ui/announce.tsx";
import { HelpDialog } from "./ui/help-dialog.tsx";
import { useKeys } from "./ui/keys.ts";
import { LineBadge } from "./ui/line-badge.tsx";
import { useStore } from "./ui/store.ts";

const PLACES: readonly { readonly title: string; readonly route: Route }[] = [
  { title: "Tasks", route: { screen: "tasks", filter: NO_FILTER } },
  { title: "Queues", route: { screen: "queues" } },
  { title: "Bulk", route: { screen: "bulk", filter: NO_FILTER } },
  { title: "Settings", route: { screen: "settings" } },
];

/** The whole page: the header, and the screen that the URL names. */
export function App() {
  const route = useRoute();
  const [isHelping, setHelping] = useState(false);
  useKeys({ "?": () => setHelping(true) });
  useEffect(() => {
    document.title = `${titleOf(route)} · edge-canceler`;
  }, [route]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href="#/tasks">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <rect width="16" height="16" rx="4" />
            <path d="M4 12 12 4" />
          </svg>
          <span class="brand-name">edge-canceler</span>
        </a>
        <nav aria-label="Screens">
          {PLACES.map(({ title, route: place }) => (
            <a
              key={title}
              href={hashOf(place)}
              aria-current={isWithin(route, place) ? "page" : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <LineBadge />
        <button
          type="button"
          class="help-button"
          aria-label="Keyboard shortcuts"
          onClick={() => setHelping(true)}
        >
          ?
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <Screen route={route} />
      </main>
      <Announcer />
      {isHelping && <HelpDialog onClose={() => setHelping(false)} />}
    </>
  );
}

/** The keys contain the token, so a new token reloads the screen. */
function Screen({ route }: { readonly route: Route }) {
  const key = useStore(token) ?? "";
  switch (route.screen) {
    case "task":
      return <TaskScreen key={`${route.id} ${key}`} id={route.id} />;
    case "settings":
      return <SettingsScreen />;
    case "queues":
      return <QueuesScreen key={key} />;
    case "queue":
      return <QueueScreen key={`${route.queue} ${key}`} queue={route.queue} />;
    case "bulk":
      return <BulkScreen key={key} filter={route.filter} />;
    case "cancellation":
      return <CancellationScreen key={`${route.id} ${key}`} id={route.id} />;
    case "tasks":
      return <TasksScreen key={key} filter={route.filter} />;
  }
}

function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  // A layout effect, since an effect after the paint would miss a link that is followed before it.
  useLayoutEffect(() => {
    const follow = () => setHash(location.hash);
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return routeFrom(hash);
}

function titleOf(route: Route): string {
  switch (route.screen) {
    case "tasks":
      return "Tasks";
    case "task":
      return route.id;
    case "queues":
      return "Queues";
    case "queue":
      return `Queue ${route.queue}`;
    case "bulk":
    case "cancellation":
      return "Bulk cancel";
    case "settings":
      return "Settings";
  }
}

/** Whether a screen belongs to an entry of the navigation, as a task belongs to the tasks. */
function isWithin(route: Route, place: Route): boolean {
  const home = { task: "tasks", queue: "queues", cancellation: "bulk" } as const;
  const screen =
    route.screen === "task" || route.screen === "queue" || route.screen === "cancellation"
      ? home[route.screen]
      : route.screen;
  return screen === place.screen;
}
