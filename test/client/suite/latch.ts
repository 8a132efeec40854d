interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}

/** Something to wait for, and the means to end that wait. */
export function latch(): Latch {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
