import { expect, it } from "vitest";
import { SecretKeys } from "../../src/auth/secret-keys.ts";
import { TokenVerifier } from "../../src/auth/token-verifier.ts";
import { mint } from "./harness.ts";

const SECRET = "a secret of at least thirty-two bytes";

it("1,000 verified tokens are remembered, and the one used least recently goes first", async () => {
  const keys = new SecretKeys([SECRET], { issuer: undefined, audience: undefined });
  const verified: string[] = [];
  const verifier = new TokenVerifier({
    secretKeys: {
      verify: (token) => {
        verified.push(token);
        return keys.verify(token);
      },
    },
    issuerKeys: null,
    translate: (claims) => claims,
  });
  const minting = Array.from({ length: 1001 }, (_, n) => mint(SECRET, { claims: { sub: `${n}` } }));
  const [first = "", second = "", ...rest] = await Promise.all(minting);
  const last = rest.pop() ?? "";
  for (const token of [first, second, ...rest]) await verifier.callerOf(token);
  expect(verified).toHaveLength(1000);

  verified.length = 0;
  expect(await verifier.callerOf(first)).toMatchObject({ subject: "0" });
  await verifier.callerOf(last);
  await verifier.callerOf(first);
  expect(verified).toEqual([last]);
  await verifier.callerOf(second);
  expect(verified).toEqual([last, second]);
});
