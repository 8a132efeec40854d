/** What `edge-canceler exec` adds to the start of a command, under one runtime. */
export interface ExecStartCost {
  readonly runtime: string;
  /** `true`, called directly: the median over all rounds, in milliseconds. */
  readonly commandMs: number;
  /** The runtime, running an empty program. */
  readonly runtimeMs: number;
  /** `edge-canceler exec TASK -- true`, from its start to its end, with the report. */
  readonly execMs: number;
  /** The median of the rounds' own differences: exec without the runtime and the command. */
  readonly addedMs: number;
}
