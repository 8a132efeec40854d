/** What is known of a command's processes from when they were last looked for. */
export interface KnownMembers {
  /** The `id` of each that was found so far. */
  readonly ids: ReadonlySet<string>;
  /** The groups and sessions that they made and that one of them was in, by number. */
  readonly groups: ReadonlySet<number>;
}
