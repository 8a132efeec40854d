import type { IRequestStrict } from "itty-router";
import { TASK_ID_PATTERN } from "../../worker-client/protocol.ts";
import { decodeComponent } from "./decode-component.ts";
import { ProblemError } from "./problem-error.ts";
import { show } from "./show.ts";

/** The task id in the path, or a problem that says what ids look like. */
export function taskIdOf(request: IRequestStrict): string {
  const encoded = request.params["id"] ?? "";
  // With a malformed escape it is quoted as it came.
  const id = decodeComponent(encoded);
  if (id !== null && TASK_ID_PATTERN.test(id)) return id;
  throw new ProblemError(
    "bad-request",
    `${show(id ?? encoded)} is no task id: an id is 1 to 128 of A-Z a-z 0-9 . _ ~ : - and neither "." nor "..".`,
  );
}
