/** A small break of the code, each of which breaks a promise. */
export interface PlantedFault {
  /** What the broken code does. */
  readonly name: string;
  /** The scenario that has to catch it. */
  readonly scenario: string;
  /** What stands where, once, and what stands there instead. */
  readonly edits: readonly {
    readonly file: string;
    readonly before: string;
    readonly after: string;
  }[];
}
