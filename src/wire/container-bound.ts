// A bound on what parsing may take in memory. 22 KB of gzip unpack to 16 MiB of brackets, and those parse to a gigabyte:
// the function would die of them on every delivery, and its shard stand still.

/** Objects and arrays in one text: 20 for each of the 10,000 events a record may hold. */
export const MAX_CONTAINERS = 200_000;

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** Whether the text opens more than MAX_CONTAINERS objects and arrays; brackets inside its texts count too. */
export function holdsTooManyContainers(text: string): boolean {
  if (text.length <= MAX_CONTAINERS) return false;
  let containers = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if ((unit === OPEN_BRACKET || unit === OPEN_BRACE) && ++containers > MAX_CONTAINERS) return true;
  }
  return false;
}
