import { CLOCK_TOLERANCE_SECONDS } from "./clock-tolerance-seconds.ts";

/** What is asked of the claims of every token, whoever signed it. */
export const CLAIM_CHECKS = {
  clockTolerance: CLOCK_TOLERANCE_SECONDS,
  requiredClaims: ["exp", "sub"],
};
