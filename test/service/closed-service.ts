import { withSettings } from "./with-settings.ts";

/** The secret of the closed service. */
const SECRET = "a secret of at least thirty-two bytes";

/** The service as it is deployed, until the end of the test: only who has a token of its secret gets in. */
export function closedService(): string {
  withSettings({ AUTH: undefined, AUTH_SECRET: SECRET });
  return SECRET;
}
