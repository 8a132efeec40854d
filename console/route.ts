import { TASK_STATUSES, type TaskStatus } from "../worker-client/protocol.ts";

/** Which tasks a list shows, and a bulk cancel is for. Empty: all. */
export interface Filter {
  readonly statuses: readonly TaskStatus[];
  readonly queue: string;
  readonly prefix: string;
  /** The task that they are children of. */
  readonly parent: string;
  /** A time, as the API takes it. */
  readonly createdAfter: string;
}

export const NO_FILTER: Filter = {
  statuses: [],
  queue: "",
  prefix: "",
  parent: "",
  createdAfter: "",
};

/** A screen, as the part of the URL behind `#` names it. A link to it can be shared. */
export type Route =
  | { readonly screen: "tasks"; readonly filter: Filter }
  | { readonly screen: "task"; readonly id: string }
  | { readonly screen: "queues" }
  | { readonly screen: "queue"; readonly queue: string }
  | { readonly screen: "bulk"; readonly filter: Filter }
  | { readonly screen: "cancellation"; readonly id: string }
  | { readonly screen: "settings" };

/** Reads the part of a URL behind `#`. What it does not know leads to the tasks. */
export function routeFrom(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [screen = "", ...rest] = path.split("/");
  const name = decoded(rest.join("/"));
  switch (screen) {
    case "task":
      return name === "" ? { screen: "tasks", filter: NO_FILTER } : { screen, id: name };
    case "queues":
      return name === "" ? { screen } : { screen: "queue", queue: name };
    case "bulk":
      return name === ""
        ? { screen, filter: filterFrom(query) }
        : { screen: "cancellation", id: name };
    case "settings":
      return { screen };
    default:
      return { screen: "tasks", filter: filterFrom(query) };
  }
}

/** Writes what `routeFrom` reads. */
export function hashOf(route: Route): string {
  switch (route.screen) {
    case "tasks":
      return `#/tasks${queryOf(route.filter)}`;
    case "task":
      return `#/task/${encodeURIComponent(route.id)}`;
    case "queues":
      return "#/queues";
    case "queue":
      return `#/queues/${encodeURIComponent(route.queue)}`;
    case "bulk":
      return `#/bulk${queryOf(route.filter)}`;
    case "cancellation":
      return `#/bulk/${encodeURIComponent(route.id)}`;
    case "settings":
      return "#/settings";
  }
}

/** The parameters of a filter, as `GET /v1/tasks` takes them, too. */
export function parametersOf({ statuses, ...texts }: Filter): URLSearchParams {
  const parameters = new URLSearchParams();
  if (statuses.length > 0) parameters.set("status", statuses.join(","));
  for (const name of TEXTS) if (texts[name] !== "") parameters.set(name, texts[name]);
  return parameters;
}

const TEXTS = ["queue", "prefix", "parent", "createdAfter"] as const;

export function isFiltered(filter: Filter): boolean {
  return parametersOf(filter).size > 0;
}

function queryOf(filter: Filter): string {
  const query = parametersOf(filter).toString();
  return query === "" ? "" : `?${query}`;
}

function filterFrom(query: string): Filter {
  const parameters = new URLSearchParams(query);
  const named = parameters.getAll("status").flatMap((list) => list.split(","));
  return {
    statuses: TASK_STATUSES.filter((status) => named.includes(status)),
    queue: parameters.get("queue") ?? "",
    prefix: parameters.get("prefix") ?? "",
    parent: parameters.get("parent") ?? "",
    createdAfter: parameters.get("createdAfter") ?? "",
  };
}

/** Decodes a part of a URL. A malformed one stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
