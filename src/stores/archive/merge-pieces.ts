// Records of pieces that may overlap, in order, each once; a piece is read when its turn comes, and let go when it is through.
import type { SequenceNumber } from '../../core/brands.ts';
import { compareSequenceNumbers } from '../../core/sequence-number.ts';
import { ArchiveError } from './archive-error.ts';
import type { ArchivedRecord } from './archived-record.ts';

export interface Piece {
  /** Sequence number of its first record. */
  readonly first: SequenceNumber;
  /** Its records, in order. */
  read(): Promise<readonly ArchivedRecord[]>;
}

interface Open {
  readonly records: readonly ArchivedRecord[];
  at: number;
}

/** @throws ArchiveError where two records that differ have one sequence number */
export async function* mergePieces(
  pieces: readonly Piece[],
): AsyncGenerator<ArchivedRecord, void, undefined> {
  const waiting = [...pieces].sort((a, b) => compareSequenceNumbers(a.first, b.first));
  let open: Open[] = [];
  let next = 0;
  let given: ArchivedRecord | undefined;
  for (;;) {
    let least = leastOf(open);
    for (let piece = waiting[next]; piece !== undefined; piece = waiting[next]) {
      if (least !== undefined && compareSequenceNumbers(piece.first, least.sequence) > 0) break;
      open.push({ records: await piece.read(), at: 0 });
      next += 1;
      least = leastOf(open);
    }
    if (least === undefined) return;
    if (given?.sequence === least.sequence) refuseOther(given, least);
    else yield least;
    given = least;
    open = open.filter((one) => {
      if (one.records[one.at] === least) one.at += 1;
      return one.at < one.records.length;
    });
  }
}

function leastOf(open: readonly Open[]): ArchivedRecord | undefined {
  let least: ArchivedRecord | undefined;
  for (const { records, at } of open) {
    const record = records[at];
    if (record === undefined) continue;
    if (least === undefined || compareSequenceNumbers(record.sequence, least.sequence) < 0) least = record;
  }
  return least;
}

function refuseOther(given: ArchivedRecord, found: ArchivedRecord): void {
  if (given.line === found.line) return;
  const problem = `found another record of sequence number ${found.sequence} than ${given.object}, line ${given.lineNumber}`;
  throw new ArchiveError('conflict', { object: found.object, line: found.lineNumber }, problem);
}
