/** What a line can suffer from. */
export type LineFault =
  /** Every connection is reset, and so is every new one. */
  | { readonly kind: "reset" }
  /** Nothing gets through; it arrives when the fault is over, as after a network that was down. */
  | { readonly kind: "blackhole" }
  /** The connections there are never carry anything again, and nobody is told. New ones work. */
  | { readonly kind: "half-open" }
  /** Everything arrives so much later. */
  | { readonly kind: "latency"; readonly milliseconds: number }
  /** What the service says arrives one byte at a time. */
  | { readonly kind: "byte-by-byte" }
  /** The next connection is cut after so many bytes of what the service says. */
  | { readonly kind: "cut-after"; readonly bytes: number; readonly isReset: boolean }
  /** Something else answers in the service's place, and ends the connection. */
  | { readonly kind: "impostor"; readonly answer: string };
