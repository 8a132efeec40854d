import { errors } from "jose";
import { ProblemError } from "../http/problem-error.ts";
import { unauthorized } from "./unauthorized.ts";

/** What a client is told of a token that cannot be verified. Nothing of the token is in it. */
export function refusedToken(cause: unknown): unknown {
  if (cause instanceof ProblemError || !(cause instanceof errors.JOSEError)) return cause;
  return unauthorized(detailOf(cause), { isRefused: true, cause });
}

function detailOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "The token has expired: get a new one.";
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (reason === "missing") return `The token has no ${claim}: it must say so.`;
    if (claim === "nbf") return "The token is not valid yet: come back later.";
    return `The token's ${claim} is not what this service expects.`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return "The token is not signed with a key of this service.";
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return "The token is signed with a key that its issuer does not have.";
  }
  return "The token is no signed JWT of a kind that this service accepts.";
}
