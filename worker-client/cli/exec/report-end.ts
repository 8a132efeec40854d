import { type FinishRequest, RequestRefusedError, type TaskClient } from "../../index.ts";

interface Options {
  readonly taskId: string;
  readonly end: FinishRequest;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** Reports a command's end. Answers null, or in words why it is not on record. */
export async function reportEnd(
  tasks: TaskClient,
  { taskId, end, signal }: Options,
): Promise<string | null> {
  try {
    await tasks.finish(taskId, end, { signal });
    return null;
  } catch (error) {
    if (error instanceof RequestRefusedError) return error.message;
    if (signal.aborted) return "the service did not answer in time";
    return error instanceof Error ? error.message : String(error);
  }
}
