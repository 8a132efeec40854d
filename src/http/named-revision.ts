import { parameter } from "./parameter.ts";
import { ProblemError } from "./problem-error.ts";
import { show } from "./show.ts";

const REVISION = /^\d{1,15}$/;
const ENTITY_TAG = /^(?:W\/)?"(\d{1,15})"$/;

/**
 * The revision that the caller says it has: `?revision=3`, `Last-Event-ID: 3` or
 * `If-None-Match: "3"`. Null: it names none, or a tag that was never ours.
 */
export function namedRevision(request: Request): number | null {
  const revision = parameter(request, "revision") ?? request.headers.get("Last-Event-ID");
  if (revision) {
    if (REVISION.test(revision)) return Number(revision);
    throw new ProblemError(
      "bad-request",
      `The revision ${show(revision)} must be a whole number, as an earlier answer had it.`,
    );
  }
  const tag = ENTITY_TAG.exec(request.headers.get("If-None-Match")?.trim() ?? "");
  return tag ? Number(tag[1]) : null;
}
