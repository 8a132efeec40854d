import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";

it("GET /ping says that the service is up", async () => {
  const response = await exports.default.fetch("https://cancel.test/ping");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ message: "pong" });
});
