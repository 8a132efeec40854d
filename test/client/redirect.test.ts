import { describe, expect, it } from "vitest";
import { ServiceUnreachableError, TaskClient } from "../../worker-client/index.ts";
import { Service } from "../../worker-client/service.ts";
import { fakeSocketService } from "./fake-socket.ts";
import { fakeService } from "./harness.ts";
import { rejectionOf } from "./suite/harness.ts";

/** One try of a call, with a token. */
function ask(url: string): Promise<unknown> {
  const service = new Service({ url, token: "s3cret" });
  return service.ask({ method: "POST", url: service.taskUrl("1234") }, () => undefined);
}

describe("a redirect is not followed:", () => {
  it.each([301, 302, 303, 307, 308])("a %i names the address to use", async (status) => {
    await using elsewhere = await fakeService();
    await using service = await fakeService();
    const failed = rejectionOf(ask(`${service.url}/base`));
    const Location = `${elsewhere.url}/moved/v1/tasks/1234`;
    (await service.requests.next()).answer(status, "", { Location });
    const error = await failed;
    expect(error).toBeInstanceOf(ServiceUnreachableError);
    expect(error).toMatchObject({
      message: `the address redirects to ${elsewhere.url}/moved: use that`,
    });
    expect(elsewhere.requests.left).toBe(0);
  });

  it.each([
    ["/login?next=%2Fv1", (url: string) => `redirects to ${url}/login, which is not the service`],
    [
      "https://me:s3cret@example.com/",
      () => "redirects to https://example.com/, which is not the service",
    ],
    ["http://", (url: string) => `${url} redirects elsewhere`],
  ])("one to %s does not say to use that", async (Location, words) => {
    await using service = await fakeService();
    const failed = rejectionOf(ask(service.url));
    (await service.requests.next()).answer(302, "", { Location });
    expect(await failed).toMatchObject({ message: `the address ${words(service.url)}` });
  });

  it("nor by a WebSocket, which would take the token along", async () => {
    await using elsewhere = await fakeSocketService();
    await using service = await fakeService();
    using _ = new TaskClient({ url: service.url, token: "s3cret" }).watch("1234");
    const upgrade = await service.requests.next();
    upgrade.answer(302, "", { Location: `${elsewhere.url}/v1/tasks/1234` });
    await service.requests.next();
    expect([elsewhere.sockets.left, elsewhere.requests.left]).toEqual([0, 0]);
  });
});
