import * as v from "valibot";
import { fields } from "../http/fields.ts";
import { ProblemError } from "../http/problem.ts";
import { traceparentOf } from "../http/request.ts";
import type { DeclareEvent } from "../tasks/events.ts";
import { CHILD, type ChildBody } from "./parents.ts";

/** How often to try a task, set by its declaration or its first start. */
export const RETRY_POLICY = {
  maxAttempts: v.optional(fields.maxAttempts),
  backoffSeconds: v.optional(fields.delaySeconds),
  maxBackoffSeconds: v.optional(fields.delaySeconds),
};

/** The fields of a declaration, except its queue. */
export const DECLARATION = {
  ...RETRY_POLICY,
  ...CHILD,
  supersede: v.optional(fields.flag),
  startWithinSeconds: v.optional(fields.startWithinSeconds),
  timeoutSeconds: v.nullish(fields.timeoutSeconds, null),
  gracePeriodSeconds: v.nullish(fields.gracePeriodSeconds, null),
  retentionSeconds: v.nullish(fields.retentionSeconds, null),
  metadata: v.nullish(fields.metadata, {}),
  priority: v.optional(fields.priority),
  input: v.optional(fields.input),
  availableAt: v.optional(fields.startTime),
  delaySeconds: v.optional(fields.startDelaySeconds),
};

/** A declaration, and what its body says about the parent. */
export interface Declared {
  readonly event: DeclareEvent;
  readonly child: ChildBody;
}

/** Room for an input of 64 KiB, written with escapes, and the other fields. */
export const MAX_DECLARATION_BYTES = 128 * 1024;

type Declaration = v.InferOutput<v.StrictObjectSchema<typeof DECLARATION, undefined>>;

/** Returns the command that declares a task, and its parent. A delay counts from now. */
export function readDeclaration(
  {
    availableAt,
    delaySeconds,
    parent,
    onParentCancel,
    ...declaration
  }: Declaration & { readonly queue?: string | undefined },
  request: Request,
): Declared {
  if (availableAt !== undefined && delaySeconds !== undefined) {
    throw new ProblemError("bad-request", 'Send either "availableAt" or "delaySeconds", not both.');
  }
  const delayed = delaySeconds === undefined ? undefined : Date.now() + delaySeconds * 1000;
  const availableAtMs = availableAt === undefined ? delayed : Date.parse(availableAt);
  const event = {
    type: "declare",
    ...declaration,
    availableAtMs,
    traceparent: traceparentOf(request),
  } as const;
  return { event, child: { parent, onParentCancel } };
}
