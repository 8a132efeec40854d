import { describe, expect, it } from "vitest";
import { serviceVars } from "../../scripts/settings.ts";

const SECRET = "s".repeat(32);
const ISSUER = {
  AUTH_ISSUER: "https://issuer.example",
  AUTH_AUDIENCE: "edge-canceler",
  AUTH_JWKS_URL: "https://issuer.example/jwks",
};

describe("what npm start makes of its environment", () => {
  it("nothing about tokens: the service is open", () => {
    expect(serviceVars({ PATH: "/bin" })).toEqual({ vars: { AUTH: "none" }, keys: [] });
  });

  it("a secret: it is closed, whatever AUTH says, and gets what else there is for it", () => {
    const rest = { AUTH_CLAIMS: "[]", AUTH_SECRET_PREVIOUS: SECRET, CORS_ORIGINS: "https://a" };
    expect(serviceVars({ AUTH_SECRET: SECRET, ...rest, AUTH: "none", PATH: "/bin" })).toEqual({
      vars: { AUTH_SECRET: SECRET, ...rest },
      keys: ["AUTH_SECRET"],
    });
  });

  it("an issuer's keys: it is closed", () => {
    expect(serviceVars(ISSUER)).toEqual({ vars: ISSUER, keys: ["AUTH_JWKS_URL"] });
  });

  it("both: tokens of either are good", () => {
    const { keys } = serviceVars({ ...ISSUER, AUTH_SECRET: SECRET });
    expect(keys).toEqual(["AUTH_SECRET", "AUTH_JWKS_URL"]);
  });

  it.each([
    [{ AUTH_SECRET: "" }, "AUTH_SECRET must have at least 32 bytes, not 0: "],
    [{ AUTH_SECRET: "é".repeat(15) }, "AUTH_SECRET must have at least 32 bytes, not 30: "],
    [{ AUTH_SECRET: SECRET, AUTH_SECRET_PREVIOUS: "x" }, "AUTH_SECRET_PREVIOUS must have at least"],
    [
      { AUTH_SECRET_PREVIOUS: SECRET },
      "without a key, AUTH_SECRET_PREVIOUS would not close the service: ",
    ],
    [
      { AUTH_AUDIENCE: "a", AUTH_CLAIMS: "[]" },
      "without a key, AUTH_AUDIENCE and AUTH_CLAIMS would not",
    ],
    [
      { AUTH_JWKS_URL: ISSUER.AUTH_JWKS_URL },
      "AUTH_ISSUER, AUTH_AUDIENCE and AUTH_JWKS_URL belong together: set all three",
    ],
    [{ AUTH_SECRET: SECRET, AUTH_ISSUER: "https://issuer.example" }, "belong together"],
  ])("does not guess what is meant by %j", (environment, message) => {
    expect(() => serviceVars(environment)).toThrow(message);
  });
});
