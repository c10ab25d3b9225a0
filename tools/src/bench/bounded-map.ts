/** Runs `work` over all items, at most `width` at a time; the answers in the order of the items. The first failure ends it. */
export async function boundedMap<I, O>(
  items: readonly I[],
  width: number,
  work: (item: I, index: number) => Promise<O>,
): Promise<readonly O[]> {
  const answers = new Map<number, O>();
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) answers.set(index, await work(item, index));
  };
  await Promise.all(Array.from({ length: width }, worker));
  return items.flatMap((_, index) => {
    const answer = answers.get(index);
    return answer === undefined ? [] : [answer];
  });
}
