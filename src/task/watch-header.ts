/** The header in which the Worker hands a `Watch` to the task object, as JSON. */
export const WATCH_HEADER = "edge-canceler-watch";
