import { RequestRefusedError, TaskClient } from "../worker-client/index.ts";
import type { DemoWorker } from "./start-demo-worker.ts";

type Party = Omit<DemoWorker, "process">;

interface Options {
  readonly url: string;
  /** Its token allows to cancel, but its own task only. */
  readonly canceller: Party;
  /** Its token does not allow to cancel. */
  readonly other: Party;
  readonly say: (who: string, what: string) => void;
}

/** Two cancels of the same task by who may not; throws if one is not refused as it has to be. */
export async function showRefusals({ url, canceller, other, say }: Options): Promise<void> {
  const { id } = other;
  const ofAnother = await refusal(url, canceller.token, id);
  say(canceller.runtime, `may cancel its own task only, and tried ${id}: ${ofAnother}`);
  const ofItsOwn = await refusal(url, other.token, id);
  say(other.runtime, `may not cancel, and tried its own task: ${ofItsOwn}`);
  if (ofAnother !== "404 task-unknown" || ofItsOwn !== "403 forbidden") {
    throw new Error(`a cancel of ${id} by who may not was answered otherwise than it has to be`);
  }
}

async function refusal(url: string, token: string | undefined, id: string): Promise<string> {
  try {
    await new TaskClient({ url, token }).cancel(id, { reason: "the wrong one asks" });
    return "200, it is cancelled";
  } catch (error) {
    if (!(error instanceof RequestRefusedError)) throw error;
    return `${error.status} ${error.problem?.type.split(":").at(-1)}`;
  }
}
