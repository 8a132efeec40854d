import type { JWTPayload } from "jose";

/** Keys of one kind, each good for its own algorithms only. */
export interface TokenKeys {
  /** The claims of a token, if it is signed by one of the keys and its time is now. Throws otherwise. */
  verify(token: string): Promise<JWTPayload>;
}
