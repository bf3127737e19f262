/** Topics that are opened or closed at the same time: their syncs share what the file system does for each. */
const itemsAtOnce = 8;

/** Does something with each, a few at a time; when one fails, no further one is begun, and those under way are awaited. */
export async function forEach<Item>(items: readonly Item[], action: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items].reverse();
  const workers = Array.from({ length: itemsAtOnce }, async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      await action(item).catch((error: unknown) => {
        left.length = 0;
        throw error;
      });
    }
  });
  const failed = (await Promise.allSettled(workers)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
