import { beforeEach, describe, expect, it, vi } from "vitest";
import { explainFailure } from "../../worker-client/cli/failure.ts";
import { RequestRefusedError, ServiceUnreachableError } from "../../worker-client/index.ts";

const PROXY = "Does this network need HTTPS_PROXY?";

describe("a service that cannot be reached", () => {
  beforeEach(() => {
    for (const name of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]) {
      vi.stubEnv(name, "");
    }
    return () => vi.unstubAllEnvs();
  });

  it.each(["ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT"])("may need a proxy: %s", (code) => {
    expect(unreachable(code)).toMatch(new RegExp(`\\(${code}\\): is the address .* ${PROXY}`));
  });

  it.each(["SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"])(
    "may be behind one that inspects TLS: %s",
    (code) => expect(unreachable(code)).toContain("NODE_EXTRA_CA_CERTS"),
  );

  it("may need a proxy if nothing answers", () => {
    const error = new ServiceUnreachableError("no answer from https://cancel.example.com/v1");
    expect(explainFailure(error).line).toContain(PROXY);
  });

  it("needs none if this machine or the service itself refuses, or if one is named", () => {
    expect(unreachable("ECONNREFUSED")).not.toContain(PROXY);
    const error = new ServiceUnreachableError("https://a.example answered with HTTP status 503");
    expect(explainFailure(error).line).not.toContain(PROXY);
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:3128");
    expect(unreachable("ENOTFOUND")).not.toContain(PROXY);
  });
});

it.each([
  "The request has no token: send it as Authorization: Bearer TOKEN.",
  "Old: get a new one.",
])("a refused token is explained once: %s", (detail) => {
  const type = "urn:edge-canceler:problem:unauthorized";
  const { line } = explainFailure(
    new RequestRefusedError(401, { type, title: "", status: 401, detail }),
  );
  expect(line).toMatch(
    /^refused \(401\): [^:]+: give a valid token with EDGE_CANCELER_TOKEN or --token-file$/,
  );
});

function unreachable(code: string): string {
  const cause = Object.assign(new Error("no"), { code });
  return explainFailure(new ServiceUnreachableError("cannot reach https://a.example", { cause }))
    .line;
}
