// Conditional writes of which some may be larger than an item may be: those are answered without asking the table, which would refuse
// them, and on some ways all others of the call with them.
import { itemBytes, MAX_ITEM_BYTES, mostItemBytes } from './item-size.ts';
import type { Table, VersionedOutcome, VersionedWrite } from './table.ts';

/** One outcome a write, in order: as `Table.commit`. */
export async function commitFitting(
  table: Table,
  writes: readonly VersionedWrite[],
): Promise<readonly VersionedOutcome[]> {
  const fitting = writes.filter(fits);
  if (fitting.length === writes.length) return await table.commit(writes);
  const outcomes = fitting.length === 0 ? [] : await table.commit(fitting);
  const byWrite = new Map(fitting.map((write, at) => [write, outcomes[at]]));
  return writes.map((write) => byWrite.get(write) ?? (fits(write) ? NO_OUTCOME : TOO_LARGE));
}

/** Judges what the write brings alone: the stored item may hold more that stays. */
function fits({ key, attributes, beside }: VersionedWrite): boolean {
  const most = MAX_ITEM_BYTES - VERSION_BYTES;
  // Hardly any item comes near: measuring it exactly would take longer than making the write.
  const isSmall = mostItemBytes(key) + mostItemBytes(attributes) <= most;
  return (
    (isSmall || itemBytes(key) + itemBytes(attributes) <= most) &&
    (beside === undefined || beside.put.every((item) => itemBytes(item) <= most))
  );
}

/** Its name, and a number of at most 16 digits. */
const VERSION_BYTES = 16;

const NO_OUTCOME: VersionedOutcome = { kind: 'failed', reason: 'the store gave no outcome' };
const TOO_LARGE: VersionedOutcome = {
  kind: 'failed',
  reason: `found an item of more than ${MAX_ITEM_BYTES} bytes, expected at most that`,
  tooLarge: true,
};
