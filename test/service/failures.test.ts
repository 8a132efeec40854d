import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { bring, call, loggedErrors, newId, problemInAnswer, taskInAnswer } from "./harness.ts";

/** Makes the way to the objects fail so often, as the platform lets it fail; then it is mended. */
function failToReach(times: number, error: Error) {
  const reach = vi.spyOn(env.TASKS, "getByName");
  for (let failed = 0; failed < times; failed++) {
    reach.mockImplementationOnce(() => {
      throw error;
    });
  }
  return reach;
}

const goneAway = () => Object.assign(new Error("the object has moved"), { retryable: true });
const overloaded = () =>
  Object.assign(new Error("too much at once"), { overloaded: true, retryable: true });

describe("an object that goes away under a question", () => {
  it("is asked once more", async () => {
    const logged = loggedErrors();
    const id = newId();
    const task = await bring(id, "running");
    using _reach = failToReach(1, goneAway());
    expect(await taskInAnswer(call("GET", `/v1/tasks/${id}`), 200)).toEqual(task);
    expect(logged).toEqual([]);
  });

  it("is asked once more under a cancel, too, which is recorded once", async () => {
    const id = newId();
    const { revision } = await bring(id, "running");
    using _reach = failToReach(1, goneAway());
    const cancel = call("POST", `/v1/tasks/${id}/cancel`);
    expect(await taskInAnswer(cancel, 202)).toMatchObject({ revision: revision + 1 });
  });

  it("is not asked a third time: 500, and the client may", async () => {
    const logged = loggedErrors();
    using reach = failToReach(9, goneAway());
    const answer = call("GET", `/v1/tasks/${newId()}`);
    await problemInAnswer(answer, 500, "internal");
    expect((await answer).headers.get("Retry-After")).toBe("1");
    expect(reach).toHaveBeenCalledTimes(2);
    expect(logged).toHaveLength(1);
  });
});

it("an object that is overloaded is left in peace: 503, and the client comes back later", async () => {
  const logged = loggedErrors();
  using reach = failToReach(9, overloaded());
  const answer = call("GET", `/v1/tasks/${newId()}`);
  await problemInAnswer(answer, 503, "overloaded");
  expect((await answer).headers.get("Retry-After")).toBe("1");
  expect(reach).toHaveBeenCalledTimes(1);
  expect(logged).toEqual([]);
});

describe("a failure that nobody foresaw", () => {
  it("goes to the log whole, and to the client without a word of it", async () => {
    const logged = loggedErrors();
    using reach = failToReach(9, new Error("secret of the house"));
    const answer = await call("GET", `/v1/tasks/${newId()}`);
    expect(await answer.clone().text()).not.toContain("secret");
    await problemInAnswer(answer, 500, "internal");
    expect(reach).toHaveBeenCalledTimes(1);
    expect(logged).toEqual([[expect.stringContaining("secret of the house")]]);
    expect(logged).toEqual([[expect.stringContaining("failures.test.ts:")]]);
  });

  it.each(["", "soon", "-5", "0"])(
    "may be a setting of %o, which the log says how to mend",
    async (value) => {
      const logged = loggedErrors();
      const before = env.WATCH_TASK_WAIT_SECONDS;
      env.WATCH_TASK_WAIT_SECONDS = value;
      try {
        await problemInAnswer(call("GET", `/watch-task/${newId()}`), 500, "internal");
      } finally {
        env.WATCH_TASK_WAIT_SECONDS = before;
      }
      const said = "WATCH_TASK_WAIT_SECONDS must be a number of seconds, not";
      expect(logged).toEqual([[expect.stringContaining(said)]]);
    },
  );
});
