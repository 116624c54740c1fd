/** As they come, so many at a time; the last group may be smaller. */
export async function* inGroups<T>(each: AsyncIterable<T>, size: number): AsyncIterable<T[]> {
  let group: T[] = [];
  for await (const one of each) {
    group.push(one);
    if (group.length === size) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
