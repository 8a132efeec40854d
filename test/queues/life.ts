import type { TaskState } from "../../worker-client/protocol.ts";
import type { EnqueueAnswer } from "../../worker-client/protocol-queues.ts";
import type { World } from "./world.ts";

/** What workers and those who enqueue do, and what must never be. */
export class Life {
  readonly world: World;
  /** Who works on which task now. */
  readonly working = new Map<string, string>();
  readonly done: string[] = [];
  readonly overlaps: string[] = [];
  #holders = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Asks again, as every client does, while its connection is cut or the service fails. */
  async insist(method: string, path: string, json?: object): Promise<Response> {
    for (;;) {
      const response = await this.world.ask(method, path, json);
      if (response !== null && response.status < 500) return response;
      await this.world.wait(1);
    }
  }

  /** Enqueues tasks, and again those of which the service could not say what came of them. */
  async enqueue(...ids: readonly string[]): Promise<void> {
    const body = { tasks: ids.map((id) => ({ id })) };
    const response = await this.insist("POST", "/v1/queues/gpu/tasks", body);
    const { tasks }: EnqueueAnswer = JSON.parse(await response.text());
    const failed = tasks.filter((result) => "problem" in result).map(({ id }) => id);
    if (failed.length > 0) await this.enqueue(...failed);
  }

  /** A worker claims until it gets a task, or there is none. */
  async claim(): Promise<TaskState | null> {
    const holder = `worker-${this.#holders++}`;
    const response = await this.insist("POST", "/v1/queues/gpu/claim", { holder });
    if (response.status === 204) return null;
    const task: TaskState = JSON.parse(await response.text());
    const other = this.working.get(task.id);
    if (other !== undefined) this.overlaps.push(`${task.id}: ${other}, ${holder}`);
    this.working.set(task.id, holder);
    return task;
  }

  /** A worker that claims once. If it hears no answer, it has gone, too. */
  async claimOnce(): Promise<TaskState | null> {
    const holder = `worker-${this.#holders++}`;
    const response = await this.world.ask("POST", "/v1/queues/gpu/claim", { holder });
    if (response?.status !== 200) return null;
    const task: TaskState = JSON.parse(await response.text());
    this.working.set(task.id, holder);
    return task;
  }

  async end({ id, attempt }: TaskState, how: "finish" | "release"): Promise<void> {
    const holder = this.working.get(id);
    this.working.delete(id);
    const status = how === "finish" ? { status: "succeeded" } : {};
    const report = { attempt, holder, ...status };
    const { ok } = await this.insist("POST", `/v1/tasks/${id}/${how}`, report);
    if (ok && how === "finish") this.done.push(id);
  }

  /** Workers come every few seconds until all is done that can be done. */
  async drain(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 15) {
      for (let task = await this.claim(); task !== null; task = await this.claim()) {
        await this.end(task, "finish");
      }
      await this.world.wait(15);
    }
  }
}
