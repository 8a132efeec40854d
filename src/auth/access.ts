import type { TokenVerifier } from "./token-verifier.ts";

/** Who gets in: anybody, whoever has a good token, or nobody, because a setting is missing or wrong. */
export type Access =
  | { readonly kind: "open" }
  | { readonly kind: "tokens"; readonly verifier: TokenVerifier }
  | { readonly kind: "closed"; readonly detail: string };
