import { describe, expect, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "./fake-service.ts";
import { pollingClient } from "./polling-client.ts";
import { taskState } from "./task-state.ts";

describe("the service's address", () => {
  it.each(["", "/", "/cancel", "/cancel/", "/cancel//?key=value#part"])(
    "may end in %j",
    async (end) => {
      await using service = await fakeService();
      const asked = pollingClient(`${service.url}${end}`).get("1234");
      const request = await service.requests.next();
      request.answer(200, taskState("1234"));
      expect(await asked).toEqual(taskState("1234"));
      const path = end.startsWith("/cancel") ? "/cancel" : "";
      expect(request.path).toBe(`${path}/v1/tasks/1234`);
    },
  );

  it.each(["localhost:8080", "ws://localhost:8080", "file:///tmp"])(
    "is refused at once where it is no http address: %s",
    (url) => {
      expect(() => new TaskClient({ url })).toThrow(
        new TypeError(`url must begin with https:// or http://, not ${url}`),
      );
    },
  );
});
