// Over which items the sources of a rollup window are spread. A window begins with the parts its rollup asks for; a part
// that is full branches into 16 more for the sources that come after, and so on. So an item stays small however many sources
// there are, and nothing that is written is ever moved.
import { bucketOf } from './spread.ts';
import { hashText } from './text-hash.ts';

/** Most parts a window begins with; their numbers are 0 to 255, those of branches follow. */
export const MAX_PARTS = 256;
const BRANCHES = 16;

/** Sources a part takes: with a mark of about 12 bytes each, 3 KB, which is what a write of the part costs beside its contents. */
export const PART_CAPACITY = 256;

/** The part a source belongs to while that is not full. */
export function firstPartOf(source: string, parts: number): number {
  return bucketOf(source, parts);
}

/**
 * Where a source goes that a full part does not hold.
 * @param part of any level
 * @returns a number that no other branch has
 */
export function branchOf(source: string, part: number): number {
  const level = levelOf(part);
  const { high, low } = hashText(source);
  const half = level % 16 < 8 ? low : high;
  const digit = (half >>> (4 * (level % 8))) % BRANCHES;
  return MAX_PARTS + part * BRANCHES + digit;
}

function levelOf(part: number): number {
  let level = 0;
  for (let at = part; at >= MAX_PARTS; at = Math.floor((at - MAX_PARTS) / BRANCHES)) level += 1;
  return level;
}
