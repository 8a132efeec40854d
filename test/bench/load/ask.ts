/** One kind of request, for any task. */
export interface Ask {
  readonly method: "GET" | "PUT" | "POST";
  readonly path: (id: string) => string;
  readonly body?: string;
  /** The status of the right answer; any other ends the measurement. */
  readonly status: number;
}
