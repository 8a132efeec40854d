/** Does something for every item, for so many of them at the same time. */
export async function concurrently<Item>(
  items: Iterable<Item>,
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const left = Iterator.from(items);
  const next = async () => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}
