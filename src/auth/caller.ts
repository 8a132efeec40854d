/** Who makes a request, and what they may do. */
export interface Caller {
  /** Null: nobody asked who it is. */
  readonly subject: string | null;
  /** Words that are no `Scope` mean nothing here. */
  readonly scopes: ReadonlySet<string>;
  /** Task ids, and prefixes of them that end in `*`. */
  readonly tasks: readonly string[];
  /** Null: never. */
  readonly expiresAtMs: number | null;
}
