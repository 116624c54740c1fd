// Ids for events that come without one: a random prefix for this run, and a counter. The prefix keeps a
// restarted client from repeating what it said before; together they stay well under 64 characters.
export function createEventIds(random: () => number): () => string {
  const prefix = randomText(random) + randomText(random);
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}

const DIGITS = 6;

/** Six base-36 digits, 31 bits. */
function randomText(random: () => number): string {
  return Math.floor(random() * 36 ** DIGITS)
    .toString(36)
    .padStart(DIGITS, '0');
}
