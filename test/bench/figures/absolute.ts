/** A figure that stands for itself; some have the same of the floor beside them. */
export interface Absolute {
  readonly name: string;
  readonly unit: "bytes" | "ms";
  readonly floor: number | null;
  readonly product: number;
}
