import { TASK_STATUSES, type TaskStatus } from "../worker-client/protocol.ts";

/** Which tasks a list shows or a bulk cancel selects. An empty field matches all. */
export interface Filter {
  readonly statuses: readonly TaskStatus[];
  readonly queue: string;
  readonly prefix: string;
  /** The tasks' parent. */
  readonly parent: string;
  /** An RFC 3339 time. */
  readonly createdAfter: string;
}

export const NO_FILTER: Filter = {
  statuses: [],
  queue: "",
  prefix: "",
  parent: "",
  createdAfter: "",
};

/** A screen, as named by the fragment of the URL, so that links can be shared. */
export type Route =
  | { readonly screen: "tasks"; readonly filter: Filter }
  | { readonly screen: "task"; readonly id: string }
  | { readonly screen: "queues" }
  | { readonly screen: "queue"; readonly queue: string }
  | { readonly screen: "bulk"; readonly filter: Filter }
  | { readonly screen: "cancellation"; readonly id: string }
  | { readonly screen: "settings" };

/** Parses the fragment of a URL. An unknown one leads to the tasks. */
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

/** Returns the fragment for a route: the inverse of `routeFrom`. */
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

/** The query parameters of a filter, also those of `GET /v1/tasks`. */
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

/** Decodes a part of a URL. Returns a malformed one unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
