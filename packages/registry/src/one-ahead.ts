/**
 * Each item prepared while the one before it is being worked on, so that the database and this process do not wait for each other.
 * Nothing is under way any more when the loop ends, however it ends.
 */
export async function* oneAhead<Item, Prepared>(
  items: AsyncIterator<Item> | Iterator<Item>,
  prepare: (item: Item) => Promise<Prepared>,
): AsyncGenerator<Prepared> {
  const take = async (): Promise<{ readonly prepared: Prepared } | null> => {
    const { value, done } = await items.next();
    return done === true ? null : { prepared: await prepare(value) };
  };
  let next = take();
  try {
    for (;;) {
      const item = await next;
      if (item === null) return;
      next = take();
      next.catch(() => undefined); // It is awaited in its turn.
      yield item.prepared;
    }
  } finally {
    await next.catch(() => undefined);
  }
}
